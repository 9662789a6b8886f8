// A person with a browser: opens the address of standard input, logs in, agrees, and comes back.
import { chromium } from 'playwright-core';
import { text } from 'node:stream/consumers';

const { address, person, executable } = JSON.parse(await text(process.stdin));
const root = process.getuid() === 0;
const browser = await chromium.launch({
  executablePath: executable,
  headless: true,
  args: [
    ...(root ? ['--no-sandbox'] : []),
    '--disable-background-networking', '--disable-component-update', '--disable-sync',
    '--no-first-run', '--disable-default-apps', '--no-proxy-server',
  ],
});
try {
  const page = await browser.newPage();
  await page.goto(address);
  await page.fill('input[name=login]', person);
  await page.fill('input[name=password]', 'made-up');
  await page.click('button[type=submit]');
  if (!page.url().includes('/callback')) {
    await page.click('button[type=submit]');
  }
  await page.waitForURL(/^http:\/\/127\.0\.0\.1:\d+\/callback/);
  console.log(JSON.stringify({ said: await page.innerText('body'), at: page.url() }));
} finally {
  await browser.close();
}
