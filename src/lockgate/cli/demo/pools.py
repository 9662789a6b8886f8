"""What invented patients are made of. Nothing here belongs to anybody.

E-mail domains are reserved (RFC 2606), phone numbers are 555-01xx (set aside for
fiction), SSN areas start with 9 and groups stay under 50 (issued neither as SSN nor as ITIN).
"""

from __future__ import annotations


def _pool(text: str, separator: str | None = None) -> tuple[str, ...]:
    return tuple(" ".join(item.split()) for item in text.split(separator))


FIRST_NAMES = _pool("""
Ada Adrian Aisha Alba Alejandro Amara Amir Ana Andre Anika Anton Aria Arjun Astrid Beatriz
Ben Bianca Boris Camille Carlos Carmen Chidi Chloe Clara Dalia Daniel David Dina Diego Elena
Eli Elif Emeka Emma Enzo Erik Esther Eva Farah Fatima Felix Fiona Freya Gabriel George Grace
Hana Hassan Helen Hiro Hugo Ida Igor Imani Ines Ingrid Ivan Jack Jana Jin Joanna Jonas Jorge
Julia Kai Karim Kate Kenji Kofi Lars Laura Layla Leo Lina Liam Lucia Luis Maja Marco Maria
Marie Mateo Mei Mia Miguel Mila Nadia Naomi Nia Nils Noah Nora Olga Oliver Omar Oscar Paola
Pavel Petra Priya Quentin Rafael Ravi Rosa Ruth Sami Sara Selma Sofia Stefan Sunita Tara
Theo Tomas Uma Valentina Vera Victor Wanda Wei Yara Yusuf Zara Zofia
""")

LAST_NAMES = _pool("""
Abara Adeyemi Aguilar Ahmed Almeida Andersen Arslan Baker Banerjee Barros Becker Berg
Bianchi Blanc Bondar Brandt Brown Bruno Cabrera Campbell Carter Castillo Chen Chowdhury
Clark Costa Cruz Dahl Das Davis Diallo Diaz Dimitrov Doyle Dubois Duarte Edwards Egger
Eriksen Evans Farouk Fernandez Ferrari Fischer Flores Foster Fraser Fuchs Garcia Ghosh Gomez
Green Gruber Gupta Haddad Hansen Harris Hashimoto Hayes Hernandez Hoffmann Horvat Huang
Hughes Ibrahim Ito Ivanov Jackson Jansen Jensen Johnson Kamara Kaur Keller Khan Kim King
Klein Kovacs Kumar Lambert Larsen Le Lee Lewis Lim Lindgren Lopez Maier Malik Marin Martin
Martinez Mbeki Mehta Mendes Meyer Miller Mitchell Morales Moreau Morgan Murphy Nakamura Nair
Navarro Nguyen Nilsson Nowak Obi Okafor Oliveira Olsen Ortiz Osei Park Patel Pereira Perez
Petrov Popescu Price Quinn Rahman Ramos Reid Reyes Ricci Rivera Roberts Romano Rossi Roy
Ruiz Sanchez Santos Sato Schmidt Scott Shah Silva Singh Smith Soto Suzuki Tan Tanaka Taylor
Thomas Torres Tran Turner Usman Vargas Vidal Vogel Wagner Walker Wang Weber White Wilson
Wright Wu Yang Yilmaz Young Zhang
""")

EMAIL_DOMAINS = ("example.com", "example.org", "example.net", "mail.example.com")

STREETS = _pool(
    """
Alder Avenue | Birch Lane | Canal Street | Cedar Road | Chapel Hill | Church Street | Dock
Road | Elm Street | Ferry Lane | Garden Way | Harbour View | Hill Street | Juniper Court |
Lake Drive | Lock Lane | Maple Avenue | Market Street | Meadow Road | Mill Lane | North
Street | Oak Avenue | Orchard Road | Park Lane | Pine Street | Quarry Road | River Road |
School Lane | South Street | Spring Street | Station Road | Towpath | Valley Road | Walnut
Street | Water Lane | Weir Road | West Street | Willow Way
""",
    "|",
)

# (town, state, ZIP3 and two more digits to follow, area code)
TOWNS = (
    ("Albany", "NY", "122", "518"),
    ("Austin", "TX", "787", "512"),
    ("Boise", "ID", "837", "208"),
    ("Boston", "MA", "021", "617"),
    ("Buffalo", "NY", "142", "716"),
    ("Burlington", "VT", "054", "802"),
    ("Charleston", "SC", "294", "843"),
    ("Chicago", "IL", "606", "312"),
    ("Columbus", "OH", "432", "614"),
    ("Denver", "CO", "802", "303"),
    ("Duluth", "MN", "558", "218"),
    ("Eugene", "OR", "974", "541"),
    ("Fresno", "CA", "937", "559"),
    ("Houston", "TX", "770", "713"),
    ("Madison", "WI", "537", "608"),
    ("Memphis", "TN", "381", "901"),
    ("Newark", "NJ", "071", "973"),
    ("Omaha", "NE", "681", "402"),
    ("Phoenix", "AZ", "850", "602"),
    ("Portland", "ME", "041", "207"),
    ("Raleigh", "NC", "276", "919"),
    ("Reno", "NV", "895", "775"),
    ("Salem", "OR", "973", "503"),
    ("Seattle", "WA", "981", "206"),
    ("Tampa", "FL", "336", "813"),
    ("Tucson", "AZ", "857", "520"),
)

# ICD-10-CM codes, commonest first.
DIAGNOSES = _pool("""
I10 E11.9 E78.5 J06.9 F41.1 K21.9 M54.50 J45.909 E03.9 N39.0 I25.10 F32.9 J44.9 I48.91 E66.9
M17.11 N18.30 G43.909 I50.9 D64.9 K59.00 B34.9 J18.9 R07.9 R51.9 S93.401A L40.0 C50.911 C61
G20.A1 K50.90 M06.9 O80 B20 F20.9
""")

# Codes that a handful of people have.
RARE_DIAGNOSES = _pool("E75.23 E70.0 E76.01 G10 G71.01 Q79.61 A82.9 E84.0")

SYMPTOMS = _pool(
    """
shortness of breath | chest tightness | recurrent headache | back pain | dizziness on
standing | poor sleep | swollen ankles | persistent cough | loss of appetite | numbness in
the left hand | joint stiffness | fatigue | blurred vision | palpitations
""",
    "|",
)

ADVICE = _pool(
    """
Bloods ordered. | Review in two weeks. | Medication adjusted. | Referred to cardiology. |
Referred to physiotherapy. | Imaging requested. | Discharged home. | Daughter will collect.
| Prefers to be called in the evening. | Interpreter needed. | Declined the flu shot.
""",
    "|",
)

DEPARTMENTS = (
    "Emergency",
    "Cardiology",
    "Oncology",
    "Orthopaedics",
    "Neurology",
    "Internal medicine",
    "Maternity",
    "Psychiatry",
)

BAD_EMAILS = ("none", "n/a", "unknown@", "@example.com", "jane.doe.example.com", "a b@example.org")
BAD_DATES = ("1962-02-30", "1987-13-04", "0000-00-00", "31/12/1970", "1999-11-31")
