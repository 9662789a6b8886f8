"""Words that column names use, by label, in English and the common ones of its neighbours.

Phrases are matched on whole words of the column's name, joined or apart:
``first name`` finds first_name, firstName and FIRSTNAME. The longest phrase wins.
"""

from __future__ import annotations

from lockgate.labels.label import PUBLIC

CONFIDENTIAL = "confidential"

WORDS: dict[str, str] = {
    "pii.id": """person id, customer id, client id, user id, member id, employee id, staff id,
        student id, contact id, subject id, participant id, applicant id, owner id,
        citizen id, person number, employee number, emp no, emp id, uid, user uuid,
        customer uuid, guid, unique id, person key, individual id, household id, tenant
        id, matricule, mitarbeiternummer, patientennummer, id, cluster, visitor id,
        session id, session, sid, profile id, lead id, author id, personnel number,
        personalnummer, kundennummer, record id""",
    "pii.name": """name, surname and forename, nom complet, maiden name, alias, nachname
        vorname, contact, contact person, next of kin, emergency contact, nickname,
        middle name, initials, suffix name, spouse, guardian, mother, father,
        beneficiary, recipient, sender, signatory, author, borrower, passenger,
        traveller, driver, manager, supervisor""",
    "pii.name.full": """full name, fullname, complete name, display name, person name, legal
        name, customer name, patient name, client name, employee name, user full name,
        member name, student name, owner name, contact name, account name, account
        holder, holder name, billing name, shipping name, recipient name, sender name,
        nombre completo, vollstandiger name, first and surname, first and last name,
        name full, staff name, guest name, applicant name, tenant name, seller name,
        buyer name, manager name""",
    "pii.name.first": """first name, given name, forename, fname, prenom, vorname, nombre, nome,
        christian name, firstname, first nm, name first, voornaam, imie""",
    "pii.name.last": """last name, surname, family name, lname, nachname, familienname,
        apellido, apellidos, cognome, sobrenome, nom de famille, lastname, last nm, name
        last, achternaam, nazwisko, second name, nom""",
    "pii.email": """email, e mail, mail, email address, e mail address, mail address, correo,
        correo electronico, courriel, emailadresse, contact email, mailto""",
    "pii.phone": """phone, telephone, tel, mobile, cell, cellphone, phone number, mobile number,
        contact number, telefon, telefono, telefone, handy, portable, msisdn, whatsapp,
        tel no, phone no, home phone, work phone, landline, sms number, telefonnummer,
        movil, celular""",
    "pii.fax": "fax, fax number, telefax",
    "pii.address": """address, street, street address, address line, addr, address1, address2,
        strasse, adresse, direccion, calle, rue, indirizzo, endereco, home address,
        billing address, shipping address, mailing address, house number, hausnummer,
        apartment, address line1, address line2, street name, residence, delivery
        address""",
    "pii.city": """city, town, village, county, ort, stadt, wohnort, ville, ciudad, citta,
        cidade, municipality, commune, suburb, borough, locality, district, home city,
        city name""",
    "pii.zip": "zip, zip code, zipcode, zip5, zip4",
    "pii.postcode": """postcode, postal code, postalcode, plz, postleitzahl, code postal, codigo
        postal, cap, eircode, post code, pincode""",
    "pii.location": """location, latitude, longitude, lat, lng, lon, geo, coordinates, gps,
        birth place, place of birth, birthplace, geburtsort, lieu de naissance, geohash,
        geolocation, lat lon, lugar de nacimiento, hometown, region of birth, easting,
        northing""",
    "pii.birth_date": """dob, birth date, date of birth, birthdate, birthday, birth day, born,
        geburtsdatum, date de naissance, naissance, fecha de nacimiento, fecha
        nacimiento, data di nascita, nascita, geburtstag, birth, d o b, birth year, year
        of birth, birth dt""",
    "pii.date": """hire date, termination date, date hired, start date of employment, date of
        marriage, wedding date, enrolment date, enrollment date, join date, joined,
        leave date, exit date, signup date, date of hire, hired at, terminated at""",
    "pii.age": "age, age years, alter, edad, age at visit, patient age, age group",
    "pii.gender": "gender, sex, geschlecht, sexe, sexo, genero, sesso, gender identity",
    "pii.nationality": """nationality, citizenship, country of birth, birth country,
        staatsangehorigkeit, nationalite, nacionalidad""",
    "pii.ethnicity": "ethnicity, race, ethnic, ethnic group, religion, belief, union, political",
    "pii.marital_status": "marital, marital status, married, civil status, familienstand",
    "pii.occupation": """occupation, job, job title, profession, beruf, employment, work title,
        position title, profesion, metier""",
    "pii.employer": "employer, workplace, arbeitgeber, employeur, school, university",
    "pii.ssn": """ssn, social security, social security number, social security no, soc sec,
        socialsecurity, ss number, ssn last4""",
    "pii.national_id": """national id, national identity, nino, national insurance, national
        insurance number, dni, nif, curp, cpf, aadhaar, sin, personnummer, bsn, pesel,
        codice fiscale, identity number, id card, id number, insee, nir, identity card,
        nhs no""",
    "pii.passport": "passport, passport number, passport no, reisepass, pasaporte, passeport",
    "pii.driver_license": """driver license, drivers license, driving licence, driver licence,
        license number driver, dl number, driving license, fuhrerschein, drivers licence""",
    "pii.license": "license number, licence number, certificate number, permit number",
    "pii.vehicle": "vin, license plate, licence plate, plate, number plate, registration plate",
    "pii.ip": "ip, ip address, ipaddr, client ip, remote addr, remote ip, ipv4, ipv6, src ip",
    "pii.device": """device id, device, mac address, mac, imei, idfa, gaid, advertising id,
        serial number, device serial, android id, cookie id, fingerprint id, cookie,
        anonymous id, client uuid""",
    "pii.url": """url, website, homepage, link, linkedin, web page, profile url, referrer,
        referer, page url, uri, landing page""",
    "pii.user_agent": "user agent, useragent, browser signature, ua",
    "pii.account": """account, account number, account no, customer number, customer no, loyalty
        number, membership number, member number, account id, client number, subscriber
        number, policy number, contract number, loyalty id, card id, membership no""",
    "pii.username": """username, user name, login, handle, screen name, user, benutzername,
        usuario, utilisateur, twitter, instagram, skype, login name, created by, updated
        by, modified by, approved by, assigned to""",
    "pii.photo": "photo, picture, avatar, image, portrait, headshot, foto, selfie, face image",
    "pii.biometric": "biometric, fingerprint, voiceprint, retina, iris scan, face embedding, dna",
    "pii.free_text": """comment, comments, note, notes, remark, remarks, free text, description,
        message, feedback, bemerkung, kommentar, observations, body, memo, review text,
        narrative, bio, biography, about, complaint, additional information, transcript,
        review""",
    "phi.mrn": """mrn, medical record number, medical record, patient id, patient number,
        patient no, patient, chart number, hospital number, nhs number, patient mrn, pat
        id, medical record no, patient key, patientnumber""",
    "phi.health_plan": """health plan, insurance id, insurance number, beneficiary number,
        member number insurance, medicare, medicare number, medicaid, medicaid id,
        policy holder, mbi, subscriber id, insurance policy, payer id, group number,
        hicn, health insurance""",
    "phi.encounter": """encounter, encounter id, visit id, claim id, claim number, prescription
        number, rx number, specimen id, accession number, case number, episode id, visit
        number, admission id, csn, visit no""",
    "phi.device": "implant, implant serial, pacemaker serial, implant id",
    "phi.provider": """provider, physician, doctor, npi, attending, attending physician, nurse,
        surgeon, provider name, provider id, clinician, arzt, medecin, dentist,
        therapist""",
    "phi.admission_date": """admission, admission date, admit date, admit dt, admitted,
        admitted at, date admitted""",
    "phi.discharge_date": "discharge, discharge date, discharged at, date discharged",
    "phi.service_date": """service date, date of service, visit date, encounter date, procedure
        date, appointment, appointment date, onset date, diagnosis date, test date, lab
        date, prescription date, dos, exam date, vaccination date, surgery date""",
    "phi.death_date": "death date, date of death, dod, deceased date, died at, deathdate",
    "phi.diagnosis": """diagnosis, diagnoses, icd, icd10, icd9, icd code, condition, disease,
        dx, dx code, diagnosis code, primary diagnosis, diagnose, diagnostico, snomed,
        symptom, symptoms, disability, comorbidity, cause of death, diagnosis
        description""",
    "phi.medication": """medication, medications, drug, drug name, prescription, rx, ndc,
        medicine, dose, dosage, medikament, medication name""",
    "phi.procedure": """procedure, procedure code, cpt, cpt code, treatment, surgery, hcpcs,
        operation, therapy, lab test, lab test name, test name, procedure name, vaccine,
        immunization""",
    "phi.allergy": "allergy, allergies, allergen",
    "phi.lab_result": """lab, lab result, test result, result value, blood pressure, systolic,
        diastolic, heart rate, bmi, glucose, hba1c, cholesterol, blood type, blood
        group, height cm, weight kg, pulse, temperature, hemoglobin, lab value, vitals,
        loinc""",
    "phi.note": "clinical note, clinical notes, nurse note, doctor note, discharge summary, hpi",
    "pci.pan": """card number, credit card, credit card number, cc number, pan, card no,
        creditcard, cardnum, debit card, ccnum, kreditkarte, card pan, payment card, cc
        num""",
    "pci.cvv": "cvv, cvc, cvv2, cvc2, security code, card verification, card code, csc",
    "pci.expiry": """card expiry, expiry, exp, exp date, card exp, expiration, expiry date,
        valid thru""",
    "pci.cardholder": "cardholder, card holder, name on card, cardholder name, card name",
    "financial.iban": "iban, iban number",
    "financial.account": """bank account, bank account number, account number bank, kontonummer,
        acct num, bank acct, iban account, sort code and account, acct number""",
    "financial.routing": "routing, routing number, aba, bic, swift, sort code, blz, bank code",
    "financial.salary": """salary, wage, income, gehalt, salaire, salario, compensation, bonus,
        annual salary, base pay, hourly rate, net worth, credit score, pay grade,
        commission""",
    "financial.amount": """amount, total, price, balance, cost, fee, charge, payment, betrag,
        montant, importe, subtotal, tax, discount, revenue, total amount, amt, charges,
        refund""",
    "financial.tax_id": """tax id, tin, ein, tax number, vat number, vat id, steuernummer,
        steuer id, itin, fiscal code, taxpayer id, tax code""",
    "credential.password": """password, passwd, pwd, passphrase, pin, password hash, kennwort,
        passwort, mot de passe, contrasena, secret answer, security answer, otp, pw
        hash, hashed password, salt, pin code""",
    "credential.token": """token, access token, refresh token, jwt, bearer, auth token, session
        token, csrf, id token, reset token, auth cookie""",
    "credential.api_key": """api key, apikey, secret, secret key, client secret, access key, api
        secret""",
    "credential.private_key": "private key, pem, ssh key, rsa key, encryption key, signing key",
    CONFIDENTIAL: """product name, company name, company, department name, team name, project
        name, file name, filename, event name, class name, category name, brand, vendor,
        supplier, host name, hostname, organisation, organization, merchant, merchant
        name, abteilung, store name, table name, column name, field name, campaign name,
        group name, item name, plan name, firm, business name, department, title,
        subject, order id, order number, transaction id, txn id, invoice id, invoice
        number, payment id, product id, sku, batch id, store id, row id, event id,
        reference, ref, code, value, data, payload, request id, trace id, correlation id""",
    PUBLIC: """status, country, country code, currency, currency code, ts, timestamp, event
        time, event timestamp, txn ts, created at, updated at, created on, updated on,
        modified at, created, updated, inserted at, loaded at, quantity, qty, count,
        type, category, version, language, locale, lang, flag, active, enabled,
        verified, deleted, method, channel, priority, unit, units, percent, percentage,
        rating, kind, level, severity, stage, event type, timezone, time zone, platform,
        os, browser, weekday, quarter, month, year, rank, sequence, row number, index,
        seq, land, pays, pais, estado, anzahl, menge, statut, card type, card brand,
        card network, payment method, device type, account type, source system, is
        active, opt in, subscribed, event name type, http status, status code, http
        method, response code, account status, order status, product category, user
        type, customer type, customer segment, segment, tier, size, duration, duration
        ms, retries, attempts, items, number of items, visits, logins, page views,
        clicks, impressions, visit type, encounter type, shift, full time, weekend""",
}  # fmt: skip

# A last word that makes a name harmless again if the values agree: email_status, phone_verified.
QUALIFIERS = frozenset(
    [
        "status",
        "verified",
        "valid",
        "confirmed",
        "type",
        "count",
        "flag",
        "enabled",
        "active",
        "opt",
        "bounced",
        "available",
        "present",
        "format",
        "length",
        "version",
        "country",
        "sent",
        "opened",
        "clicked",
        "subscribed",
        "missing",
    ]
)
