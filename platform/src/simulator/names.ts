/** Names of one culture, as people write them; `native=latin` where the script is another than Latin. */
interface Culture {
  /** Of a hundred customers. */
  weight: number;
  given: readonly string[];
  family: readonly string[];
}

const words = (text: string): string[] => text.split(",");

const cultures: readonly Culture[] = [
  {
    weight: 52,
    given: words(
      "John,Mary,William,Margaret,James,Elizabeth,Robert,Katherine,Thomas,Rebecca,Michael,Susan,Edward,Alice,George,Charlotte,Daniel,Victoria,Matthew,Samantha,Christopher,Jennifer,Andrew,Patricia,Benjamin,Abigail,Oliver,Amelia,Harry,Isla,Jack,Emily,Jean-Paul,Mary Ann,Siân,Aoife,Seán,Niamh",
    ),
    family: words(
      "Smith,Jones,Taylor,Brown,Williams,Wilson,Johnson,Davies,Robinson,Wright,Thompson,Evans,Walker,White,Roberts,Green,Hall,Wood,Jackson,Clarke,O'Brien,O'Connor,McDonald,MacLeod,Ashworth-Pemberton,St. John,Hughes,Edwards,Hill,Moore,Lloyd,Campbell,Stewart,Murray,Fraser,Bennett,Cooper,Ward,Turner,Parker",
    ),
  },
  {
    weight: 9,
    given: words("Aarav,Priya,Rohan,Ananya,Vikram,Deepika,Arjun,Lakshmi,Mohammed,Ayesha,Imran,Fatima"),
    family: words("Patel,Singh,Sharma,Kumar,Khan,Hussain,Ahmed,Begum,Gupta,Reddy,Venkatanarasimharajuvaripeta,Iyer"),
  },
  {
    weight: 7,
    given: words("Łukasz,Agnieszka,Paweł,Małgorzata,Krzysztof,Zofia,Wojciech,Kinga,Jiří,Kateřina,Žofie,Ondřej"),
    family: words("Kowalski,Nowak,Wiśniewski,Wójcik,Lewandowska,Brzęczyszczykiewicz,Dvořák,Novotná,Černý,Šimůnek"),
  },
  {
    weight: 7,
    given: words("José,María,Inés,Joaquín,Begoña,João,Conceição,Nuno,Iñigo,Lucía,Santiago,Ximena"),
    family: words("García,Fernández,Muñoz,Ibáñez,Núñez,Gonçalves,da Silva,dos Santos,Peña,de la Fuente y Vega,Araújo"),
  },
  {
    weight: 6,
    given: words("Jürgen,Anneliese,Björn,Käthe,Günther,Sören,Åsa,Øyvind,Þórunn,Léa,François,Zoë,Chloé,Hélène"),
    family: words(
      "Müller,Schröder,Weiß,Groß,Straßburger,Ødegård,Jónsdóttir,Lefèvre,Beaulieu,von der Heide,van den Berg",
    ),
  },
  {
    weight: 5,
    given: words("Çağla,Şükrü,Işıl,Gökhan,Ömer,Ayşe,Emre,Zeynep,Ioana,Ștefan,Răzvan,Nguyệt,Đức,Thị Hồng"),
    family: words("Yılmaz,Öztürk,Çelik,Kılıç,Aydın,Ionescu,Țăranu,Bălan,Nguyễn,Trần,Đặng,Phạm"),
  },
  {
    weight: 4,
    given: words("Chukwuemeka,Oluwaseun,Adaeze,Temitope,Kwame,Akosua,Ngozi,Babajide,Amara,Ifeoluwa"),
    family: words("Okafor,Adeyemi,Oluwafunmilayo-Adebayo,Mensah,Nwosu,Balogun,Eze,Boateng"),
  },
  {
    weight: 4,
    given: words("芳=Fang,伟=Wei,秀英=Xiuying,娜=Na,敏=Min,静=Jing,强=Qiang,磊=Lei"),
    family: words("王=Wang,李=Li,张=Zhang,刘=Liu,陈=Chen,杨=Yang,欧阳=Ouyang"),
  },
  {
    weight: 2,
    given: words("さくら=Sakura,翔太=Shota,美咲=Misaki,大輔=Daisuke,지우=Jiwoo,서연=Seoyeon,민준=Minjun"),
    family: words("佐藤=Sato,鈴木=Suzuki,高橋=Takahashi,김=Kim,박=Park,이=Lee"),
  },
  {
    weight: 2,
    given: words("أحمد=Ahmad,فاطمة=Fatimah,يوسف=Yusuf,ليلى=Layla,نور=Nour,דוד=David,שרה=Sarah"),
    family: words("الحسيني=Alhusseini,منصور=Mansour,حداد=Haddad,כהן=Cohen,לוי=Levi"),
  },
  {
    weight: 2,
    given: words("Олександр=Oleksandr,Наталія=Nataliia,Дмитро=Dmytro,Ольга=Olha,Γιώργος=Giorgos,Ελένη=Eleni"),
    family: words("Шевченко=Shevchenko,Коваленко=Kovalenko,Бондар=Bondar,Παπαδόπουλος=Papadopoulos,Νικολάου=Nikolaou"),
  },
];

const nicknames: Readonly<Record<string, string>> = {
  John: "Jack",
  Mary: "Molly",
  William: "Bill",
  Margaret: "Peggy",
  James: "Jim",
  Elizabeth: "Liz",
  Robert: "Bob",
  Katherine: "Kate",
  Thomas: "Tom",
  Rebecca: "Becky",
  Michael: "Mike",
  Edward: "Ted",
  Charlotte: "Lottie",
  Daniel: "Dan",
  Matthew: "Matt",
  Samantha: "Sam",
  Christopher: "Chris",
  Jennifer: "Jenny",
  Andrew: "Andy",
  Patricia: "Trish",
  Benjamin: "Ben",
  Abigail: "Abby",
  Aleksandr: "Sasha",
  Oleksandr: "Sasha",
  Krzysztof: "Krzysiek",
  Małgorzata: "Gosia",
  José: "Pepe",
  Mohammed: "Mo",
};

export interface FullName {
  given: string;
  family: string;
  /** In ASCII letters, as such people spell themselves abroad. */
  latinGiven: string;
  latinFamily: string;
  nickname: string | null;
}

/** A name of one culture; the three hashes choose the culture, the given and the family name. */
export function nameOf(culture: number, given: number, family: number): FullName {
  const { givens, families } = at(byWeight, culture);
  const first = at(givens, given);
  const last = at(families, family);
  return {
    given: first.own,
    family: last.own,
    latinGiven: first.latin,
    latinFamily: last.latin,
    nickname: nicknames[first.own] ?? null,
  };
}

function at<Item>(items: readonly Item[], hash: number): Item {
  return items[hash % items.length] as Item;
}

const letters: Readonly<Record<string, string>> = {
  ł: "l",
  Ł: "L",
  ø: "o",
  Ø: "O",
  ß: "ss",
  ı: "i",
  đ: "d",
  Đ: "D",
  þ: "th",
  Þ: "Th",
  å: "a",
  Å: "A",
};

/** What a keyboard without them makes of accents: `Łukasz` → `Lukasz`. Other scripts stay. */
export function withoutDiacritics(text: string): string {
  return text
    .replaceAll(/[łŁøØßıđĐþÞåÅ]/g, (letter) => letters[letter] ?? letter)
    .normalize("NFD")
    .replaceAll(/\p{M}/gu, "")
    .normalize("NFC");
}

interface Spelling {
  own: string;
  latin: string;
}

function spelling(entry: string): Spelling {
  const [own = "", latin] = entry.split("=");
  return { own, latin: latin ?? withoutDiacritics(own) };
}

/** Of a hundred draws, the names of each. Last, because it is computed when the file is loaded. */
const byWeight = cultures.flatMap(({ weight, given, family }) => {
  const names = { givens: given.map(spelling), families: family.map(spelling) };
  return Array.from({ length: weight }, () => names);
});
