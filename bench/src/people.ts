import type { SearchEntry } from "../../platform/src/storage/profileSearch.ts";
import { drawsAt, type Draws } from "./seededDraws.ts";

const firstNames =
  `James Mary John Patricia Robert Jennifer Michael Linda William Elizabeth David Barbara Richard Susan Joseph Jessica
  Thomas Sarah Charles Karen Mohammed Fatima Ali Aisha Hans Petra Jürgen Sabine Klaus Günter Jörg Käthe François
  Hélène Jean Marie Pierre Zoé José María Jesús Lucía Ángel Sofía João Inês Luís Conceição Giulia Luca Matteo Chiara
  Giuseppe Łukasz Agnieszka Zbigniew Małgorzata Jiří Božena Søren Åse Bjørn Øystein Иван Мария Дмитрий Ольга Наталья
  Γιώργος Ελένη 伟 芳 娜 敏 静 太郎 花子 민준 서연 محمد فاطمة أحمد דוד שרה राम सीता Nguyen Linh Priya Arjun Chloe Oliver
  Amelia Noah Ava Siobhán Seán Aoife Niamh Ahmet Ayşe Mehmet Zeynep`.split(/\s+/);
const lastNames =
  `Smith Johnson Williams Brown Jones Garcia Miller Davis Rodríguez Martínez Hernández López González Wilson Anderson
  Thomas Taylor Moore Jackson Martin Lee Pérez Thompson White Harris Sánchez Clark Ramírez Lewis Robinson Walker Young
  Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Schäfer Köhler Krüger Groß Dubois Lefèvre
  Moreau Fournier Girard Rossi Russo Ferrari Esposito Bianchi Silva Santos Ferreira Gonçalves Conceição Kowalski Wiśniewski
  Wójcik Nowák Svoboda Dvořák Jensen Nielsen Sørensen Lindqvist Åkesson Иванов Смирнов Кузнецова Παπαδόπουλος 王 李 张 刘
  陈 佐藤 鈴木 김 이 박 الهاشمي כהן शर्मा Nguyễn Trần Patel Singh Khan O'Brien Murphy O'Connor Yılmaz Öztürk`.split(
    /\s+/,
  );
const cities =
  `London Paris Berlin Madrid Roma Milano München Köln Zürich Wien Praha Kraków Łódź Lisboa São-Paulo Málaga A-Coruña
  Malmö Göteborg København Århus Dublin Cork Manchester Birmingham Leeds Bristol Lyon Marseille Nîmes Москва Αθήνα 東京 北京
  서울 İstanbul Delhi Mumbai Lagos Toronto Montréal`.split(/\s+/);
const syllables =
  "ba be bor can da del dri el far fen gar gri hal hen ing jo kel kro lan lin mar mon nor ol pet quin rad ros sal ster tan tor ul van ver wen win yor zel".split(
    " ",
  );
const mailHosts = "gmail.com outlook.com yahoo.com web.de orange.fr libero.it example.com".split(" ");
/** Surnames beyond the listed ones, made of syllables: real registers have hundreds of thousands, most of them rare. */
const rareSurnames = 250_000;
const rareFirstNames = 20_000;
const startAt = Date.UTC(2025, 0, 1);

export interface Person {
  first: string;
  last: string;
  city: string;
  email: string;
  phone: string;
  crmId: string;
  anonymousId: string;
}

/** A person of several languages' names, frequent and rare by Zipf's law: a pure function of its arguments. */
export function personAt(seed: number, index: number): Person {
  const draws = drawsAt(seed, index);
  const first = zipf(firstNames, rareFirstNames, draws);
  const last = zipf(lastNames, rareSurnames, draws);
  const plain = (text: string): string =>
    text
      .normalize("NFKD")
      .replaceAll(/[^A-Za-z]/g, "")
      .toLowerCase();
  const local = [plain(first), plain(last)].filter((part) => part !== "").join(draws.below(3) === 0 ? "" : ".");
  return {
    first,
    last,
    city: cities[Math.floor(cities.length * draws.fraction() ** 2)] as string,
    email: `${local === "" ? "user" : local}${index}@${mailHosts[draws.below(mailHosts.length)] as string}`,
    phone: `+4479${String(index).padStart(8, "0")}`,
    crmId: `CRM-${String(index).padStart(8, "0")}`,
    anonymousId: [draws.bits(), draws.bits(), draws.bits(), index]
      .map((bits) => bits.toString(16).padStart(8, "0"))
      .join("-"),
  };
}

/** What search knows of that person. */
export function entryAt(seed: number, index: number): SearchEntry {
  const { first, last, city, email, phone, crmId, anonymousId } = personAt(seed, index);
  const draws = drawsAt(seed + 1, index);
  return {
    id: `p_${String(index).padStart(16, "0")}`,
    displayName: `${first} ${last}`,
    names: [`${first} ${last}`],
    city,
    identifiers: [
      { type: "email", value: email },
      { type: "phone", value: phone },
      { type: "crm_id", value: crmId },
      { type: "anonymous_id", value: anonymousId },
    ],
    contacts: [],
    sources: ["crm", "web"].slice(draws.below(2)),
    recordCount: 1 + draws.below(5),
    orderCount: draws.below(9),
    revenue: { amount: draws.below(100_000), currency: "GBP" },
    consents: { "marketing.email": draws.below(2) === 0 ? "granted" : "denied" },
    firstSeenAt: startAt,
    lastSeenAt: startAt + draws.below(86_400_000) * 300,
  };
}

/** Rank by inversion of Zipf–Mandelbrot's continuous form; ranks after the list's end are made of syllables. */
function zipf(list: readonly string[], rare: number, draws: Draws): string {
  const head = 20;
  const span = (list.length + rare + head) / head;
  const rank = Math.floor(head * span ** draws.fraction() - head);
  return list[rank] ?? composed(rank);
}

function composed(rank: number): string {
  let left = rank;
  let name = "";
  while (left > 0) {
    name += syllables[left % syllables.length] as string;
    left = Math.floor(left / syllables.length);
  }
  return `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`;
}
