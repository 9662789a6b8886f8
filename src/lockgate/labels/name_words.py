"""Common given and family names: enough to see that a column holds names, not to find one."""

from __future__ import annotations

GIVEN = frozenset(
    """james john robert michael william david richard joseph thomas charles christopher daniel
    matthew anthony mark donald steven paul andrew joshua kenneth kevin brian george edward
    ronald timothy jason jeffrey ryan jacob gary nicholas eric jonathan stephen larry justin scott
    brandon benjamin samuel gregory frank alexander raymond patrick jack dennis jerry tyler aaron
    jose adam nathan henry douglas zachary peter kyle walter ethan jeremy harold carl keith roger
    arthur albert mary patricia jennifer linda elizabeth barbara susan jessica sarah karen nancy
    lisa margaret betty sandra ashley dorothy kimberly emily donna michelle carol amanda melissa
    deborah stephanie rebecca laura sharon cynthia kathleen amy shirley angela helen anna brenda
    pamela nicole samantha katherine emma ruth christine catherine debra rachel carolyn janet
    virginia maria heather diane julie joyce victoria kelly christina joan evelyn lauren judith
    olivia frances martha cheryl megan andrea hannah jacqueline ann jean alice kathryn gloria
    teresa sara janice marie julia grace judy theresa sophia isabella mia charlotte amelia ava
    harry oliver noah liam lucas leo oscar hugo louis jules gabriel arthur raphael pierre jean
    jacques michel philippe claude andre luis carlos juan jorge miguel pedro pablo antonio manuel
    francisco javier fernando alejandro diego sofia lucia carmen ana isabel rosa elena pilar hans
    peter klaus wolfgang jurgen dieter manfred uwe stefan thomas andreas michael karl heinz fritz
    otto heinrich friedrich ludwig johann anke ursula monika petra sabine renate helga ingrid
    birgit giovanni giuseppe marco luca paolo francesca giulia chiara mohammed muhammad ahmed ali
    omar hassan fatima aisha wei li ming yuki hiroshi kenji ivan dmitri sergei olga natasha priya
    raj anil sunil deepak alfred ernest frederick edwin herbert hugh edmund philip ralph roy
    stanley walter wilfred cecil leonard harold reginald sidney percy""".split()
)

FAMILY = frozenset(
    """smith johnson williams brown jones garcia miller davis rodriguez martinez hernandez lopez
    gonzalez wilson anderson thomas taylor moore jackson martin lee perez thompson white harris
    sanchez clark ramirez lewis robinson walker young allen king wright scott torres nguyen hill
    flores green adams nelson baker hall rivera campbell mitchell carter roberts gomez phillips
    evans turner diaz parker cruz edwards collins reyes stewart morris morales murphy cook rogers
    gutierrez ortiz morgan cooper peterson bailey reed kelly howard ramos kim cox ward richardson
    watson brooks chavez wood bennett gray mendoza ruiz hughes price alvarez castillo sanders
    patel myers long ross foster jimenez muller schmidt schneider fischer weber meyer wagner
    becker schulz hoffmann koch bauer richter klein wolf schroder neumann schwarz braun kruger
    dubois durand leroy moreau simon laurent lefebvre rossi russo ferrari esposito bianchi romano
    silva santos oliveira souza pereira ferreira kumar singh sharma khan chen wang zhang liu yang
    huang zhao wu zhou suzuki tanaka sato watanabe yamamoto kowalski nowak ivanov petrov jensen
    nielsen hansen andersson johansson lindberg davies shaw jenkins perry powell russell griffin
    hayes fraser stone marshall webb barker palmer ellis chapman mills fox gibson grant knight
    murray mason hunt""".split()
)
