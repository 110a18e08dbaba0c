import type { ColumnType } from "./columnType.ts";

/**
 * Words of headers, without accents, in the languages that shops' systems are kept in. The first that matches counts,
 * so the narrower stand first: `street_number` before `street`, `email` before `address`.
 */
const hints: readonly (readonly [ColumnType, RegExp])[] = [
  ["email", /e_?mail|correo|courriel|mail_address|^mail$|posta_elettronica/],
  [
    "ignore",
    /(^|_)(created|updated|modified|inserted|seen|registered|signup|timestamp|loaded|exported|last_login)(_|$)|_at$|^(source|source_system|system|channel|origin|record_?source|row|row_?id|row_?number|record_?id|rec_?id|unique_?id|uuid|guid|notes?|comments?|bemerkung)$/,
  ],
  [
    "birth_date",
    /birth_?(date|day)?$|date_?of_?birth|^dob|_dob$|geb(urts)?_?(datum|tag|dat)|naissance|nacimiento|nascita|nascimento|geboorte_?datum|fodelse|fodsels|born/,
  ],
  [
    "house_number",
    /street_?n(umber|o|r|um)|house_?(number|no|nr|num)|haus_?n(umme)?r|numero_?(civico|de_rue|casa)|huis_?n(umme)?r|^civico$/,
  ],
  [
    "postcode",
    /post_?(al)?_?code|^zip|_zip|zip_?code|^plz|postleitzahl|code_?postal|codigo_?postal|^cap$|^cp$|post_?nummer|postnr|pin_?code|postcode/,
  ],
  ["phone", /phone|mobile|^cell|^tel|_tel$|telefon|handy|movil|portable|celular|cellulare|fax/],
  [
    "full_name",
    /full_?name|^name$|display_?name|customer_?name|person_?name|contact_?name|cust_?name|nom_complet|nombre_completo|first_and_(sur|last)name|client_?name|^names?$/,
  ],
  [
    "given_name",
    /given_?name|^given$|first_?name|fore_?name|^fname|christian_name|vorname|prenom|^nombres?$|^nome$|primer_nombre|voornaam|fornavn|fornamn|imie/,
  ],
  [
    "surname",
    /sur_?name|last_?name|^lname|family_?name|nach_?name|familien_?name|^nom$|nom_de_famille|apellidos?|cognome|sobrenome|apelido|achter_?naam|etternavn|efternamn|nazwisko/,
  ],
  [
    "street",
    /street|^addr|address|strasse|^str$|anschrift|adresse|direccion|^calle|^rue$|^via$|indirizzo|endereco|^rua$|straat|^adres|^gat[ae]$/,
  ],
  [
    "city",
    /city|town|suburb|locality|^ort$|wohnort|stadt|ville|commune|ciudad|poblacion|municipio|citta|comune|cidade|woonplaats|plaats|birth_?place|place_?of_?birth|geburtsort|lugar|^place$|miasto/,
  ],
  [
    "category",
    /^(sex|gender|geschlecht|sexe|sexo|sesso|geslacht)$|state|province|region|county|country|bundesland|^land$|pais|occupation|profession|beruf/,
  ],
];

/** `customerFirstName`, `Kunden-Vorname` and `PRÉNOM` as words joined by `_`. */
function headerWords(header: string): string {
  return header
    .replaceAll(/([\p{Ll}\d])(\p{Lu})/gu, "$1_$2")
    .toLowerCase()
    .replaceAll("ß", "ss")
    .normalize("NFD")
    .replaceAll(/\p{M}/gu, "")
    .replaceAll(/[^\p{L}\d]+/gu, "_")
    .replaceAll(/^_+|_+$/g, "");
}

/** The type that a header alone speaks for; null when it says nothing. */
export function hintOf(header: string): ColumnType | null {
  const words = headerWords(header);
  return hints.find(([, pattern]) => pattern.test(words))?.[0] ?? null;
}
