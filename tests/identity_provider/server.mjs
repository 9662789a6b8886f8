// A real OpenID provider on a port of 127.0.0.1. Each line of standard input is a configuration,
// which takes the place of the one before; each is answered by a line with the issuer.
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';

import Provider from 'oidc-provider';

let handle = (request, response) => response.writeHead(503).end();
const server = createServer((request, response) => handle(request, response));
await new Promise((done) => server.listen(0, '127.0.0.1', done));
const issuer = `http://127.0.0.1:${server.address().port}`;

function provider(given) {
  return new Provider(issuer, {
    clients: given.clients,
    jwks: { keys: given.keys },
    cookies: { keys: ['only-a-test'] },
    pkce: { required: () => true },
    scopes: ['openid', 'offline_access', 'run'],
    claims: { openid: ['sub'], profile: ['groups'] },
    conformIdTokenClaims: false,
    rotateRefreshToken: true,
    issueRefreshToken: async () => true,
    enabledJWA: {
      clientAuthSigningAlgValues: ['ES256', 'PS256', 'RS256', 'EdDSA'],
      idTokenSigningAlgValues: ['ES256'],
    },
    clientAuthMethods: ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'],
    ttl: {
      AccessToken: given.lifetime, ClientCredentials: given.lifetime, IdToken: given.lifetime,
      RefreshToken: 3600, DeviceCode: 300, AuthorizationCode: 60,
      Grant: 3600, Interaction: 600, Session: 3600,
    },
    features: {
      devInteractions: { enabled: true },
      deviceFlow: { enabled: true },
      clientCredentials: { enabled: true },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: async () => (given.audience ? given.audience : undefined),
        useGrantedResource: async () => true,
        getResourceServerInfo: async () => ({
          scope: 'openid run', audience: given.audience, accessTokenFormat: 'jwt',
          accessTokenTTL: given.lifetime, jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
    findAccount: async (_, id) => ({
      accountId: id,
      claims: async () => ({ sub: id, groups: ['analysts'] }),
    }),
    extraTokenClaims: async () => ({ groups: ['analysts'] }),
  });
}

for await (const line of createInterface({ input: process.stdin })) {
  const given = JSON.parse(line);
  const made = provider(given);
  made.on('server_error', (_, error) => console.error('server_error', error));
  handle = made.callback();
  console.log(`issuer ${issuer}`);
}
process.exit(0);
