import { logoutNames } from "../model/logout.ts";
import type { BlockedValues, IdentifierTypeRules, IdentityRules } from "./rules.ts";

/** What systems write where they know nobody: programs' empty values, people's, and tills'. */
const placeholders: BlockedValues = {
  values: words(
    "null (null) <null> undefined nil none nan true false \\n [objectobject]",
    "-1 n/a na n.a. #n/a empty blank missing tbd default (notset) notset",
    "unknown notknown notprovided notavailable noname nobody anonymous anon guest",
    "test testing tester testuser dummy fake example sample demo asdf qwerty",
    "walkin walk-in walkincustomer walk-incustomer cash cashsale cashcustomer counter",
  ),
  patterns: [
    // Zeros: 0, 000, 00000000-0000-0000-0000-000000000000 (an advertising id that its owner switched off), 00:00:…
    "^[0:-]*$",
    // Punctuation only, and a filler of one letter: ???, …, xxxx.
    "^[^\\p{L}\\p{N}]*$",
    "^x{2,}$",
    // Templates that nobody filled in.
    "^\\{\\{.*\\}\\}$",
    "^\\$\\{.*\\}$",
    "^%[a-z_]+%$",
  ],
};

const placeholderEmails: BlockedValues = {
  values: [],
  patterns: [
    "^(no|do[._-]?not|never)[._-]?reply(\\+.*)?@",
    "^(no|none|not|fake|dummy)[._-]?(e-?)?mail@",
    "^(nobody|noone|none|null|nil|undefined|unknown|anonymous|anon|guest|na|n/a|n\\.a|xx+|aa|asdf|qwerty)@",
    "^(test|testing|tester|example|sample|dummy|fake|customer|walkin|walk-in|cash)@",
    "^(mailer-daemon|postmaster|devnull)@",
  ],
};

/** Seven times or more; patterns know no back-references. */
const oneDigit = Array.from({ length: 10 }, (_, digit) => `${digit}{7,}`).join("|");

const placeholderPhones: BlockedValues = {
  values: [],
  // One digit to the end (+15555555555, +449999999999), and the keypad in order.
  patterns: [`^\\+\\d{1,4}?(?:${oneDigit})$`, "^\\+\\d{0,4}?1234567(8|89|890)?$", "^\\+\\d{0,4}?0?987654321?0?$"],
};

const placeholderDevices: BlockedValues = {
  // A factory fault gave the first to many models of phone; iOS and Android answer the second for every radio.
  values: ["9774d56d682e549c", "02:00:00:00:00:00", "0123456789abcdef"],
  patterns: [],
};

/** What several people hand round, or get after one another. */
const handedRound = { bridges: false } as const;

/**
 * More of another personal type than one person may have are several people's. Of what is written or held out by hand
 * that is so at once; the record of a system and a login are kept by somebody, and meet more over the years.
 */
const sixAreSeveral = { crowd: 6 } as const;

function personal(rank: number, limit: number, more: Partial<IdentifierTypeRules> = {}): IdentifierTypeRules {
  return { kind: "personal", rank, limit, bridges: true, ...more };
}
function device(rank: number, limit: number): IdentifierTypeRules {
  return { kind: "device", rank, limit, ...handedRound, ...sixAreSeveral, blocked: placeholderDevices };
}

/**
 * Defaults for a retailer. Ranks leave room between them. Limits are what one real customer reaches over years, not
 * what is usual: beyond them evidence is likelier to be a mix-up than a person.
 */
export const defaultIdentityRules: IdentityRules = {
  types: {
    // The shop's own login: it knows who signed in.
    user_id: { kind: "unique", rank: 100, limit: 1, bridges: true },
    // CRM and ERP hold duplicates of one customer, few.
    crm_id: personal(90, 5),
    erp_id: personal(85, 5),
    customer_id: personal(85, 5),
    // Replaced when lost; some keep an old one at home. One that meets six people's things is the till's own.
    loyalty_card: personal(80, 5, sixAreSeveral),
    // Private, work, an old one, and typing errors. One on six cards is the shop's, written for a receipt.
    email: personal(70, 5, { ...sixAreSeveral, blocked: placeholderEmails }),
    // As e-mails, but given out again by carriers and shared at home: it makes no two customers one.
    phone: personal(60, 5, { ...handedRound, ...sixAreSeveral, blocked: placeholderPhones }),
    // Several a purse, renewed every few years; a till reads whichever is held to it, and couples share one.
    pos_card: personal(50, 5, { ...handedRound, ...sixAreSeveral }),
    // A web shop may have a new token for each order.
    payment_card: { kind: "plain", rank: 45, limit: 20, ...handedRound },
    // Phones, tablets and tills' scanners change hands.
    device_id: device(20, 20),
    advertising_id: device(18, 20),
    idfa: device(18, 20),
    gaid: device(18, 20),
    idfv: device(16, 20),
    // A browser that clears its cookies every week still fits two years.
    anonymous_id: device(10, 100),
    cookie: device(5, 100),
  },
  // Nobody has told what it is: enough to add to a person, not to make one of two.
  otherTypes: { kind: "plain", rank: 30, limit: 20, bridges: false },
  blocked: placeholders,
  // Two logins may be one person's old and new account; three are an office's address or a cashier's own card.
  hubThreshold: 3,
  // A second login on a device is a second person until an alias says otherwise.
  sharedDeviceLogins: 2,
  // Five times what one person may have.
  crowdThreshold: 25,
  // A person at every limit has some 400.
  maxEvidenceIdentifiers: 500,
  // An alias is somebody's statement; being seen together is an observation.
  ruleRanks: { alias: 20, seen_together: 10 },
  // A family's tablet: what is looked at is looked at by whoever signed in, until they sign out.
  tenancies: { anonymousEvents: "last_login", logoutEvents: logoutNames },
};

function words(...lines: string[]): string[] {
  return lines.flatMap((line) => line.split(" "));
}
