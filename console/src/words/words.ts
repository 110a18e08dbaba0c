import { corrections, household } from "./corrections.ts";
import { live } from "./live.ts";
import { customer } from "./customer.ts";
import { customers } from "./customers.ts";
import { document } from "./document.ts";
import { json } from "./json.ts";
import { plans } from "./plans.ts";
import { ops } from "./ops.ts";
import { rejects } from "./rejects.ts";
import { query } from "./query.ts";
import { review } from "./review.ts";
import { rules } from "./rules.ts";
import { sources } from "./sources.ts";

/** Every sentence of the console. A page adds a section in a file of its own; nothing is written in the pages themselves. */
export const words = {
  product: "Customer 360",
  /** Between what is told in one line, which breaks after it. */
  dot: "\u00a0· ",
  pages: {
    live: "Live",
    rejects: "Rejects",
    customers: "Customers",
    query: "Query",
    review: "Review",
    rules: "Rules",
    corrections: "Corrections",
    sources: "Sources",
    ops: "Operations",
    signIn: "Sign in",
  },
  shell: {
    skip: "Skip to content",
    openMenu: "Open the menu",
    closeMenu: "Close the menu",
    mainMenu: "Main",
    search: "Find a customer, jump to…",
    searchLabel: "Find a customer or jump to a page",
    nothingFound: "Nothing found. Customers, pages, sources and actions can be found here.",
    findingCustomers: "Looking for customers…",
    foundCustomers: (count: number) => (count === 1 ? "1 customer found" : `${count} customers found`),
    customersFailed: (why: string) => `Customers could not be searched: ${why}`,
    allFound: (q: string) => `All customers for “${q}”`,
    scheme: { light: "Light", dark: "Dark", auto: "As the system" },
    schemeLabel: "Colours",
    account: "Account and settings",
    signOut: "Sign out",
    shortcuts: "Keyboard shortcuts",
    shortcutsOff: "Turn single-key shortcuts off",
    shortcutsOn: "Turn single-key shortcuts on",
    shortcutsAreOff: "Single-key shortcuts are off. ⌘K still works.",
    goTo: (page: string) => `Go to ${page}`,
    actions: "Actions",
    pagesGroup: "Pages",
    apiDocs: "API reference",
  },
  keys: { palette: "Find a customer, jump to a page", help: "This list", searchHere: "Search", between: "then" },
  crash: {
    title: "This page failed",
    body: "The rest of the console still works. Reloading usually helps; if it goes on, report what you did.",
    reload: "Reload",
    missingTitle: "There is no such page",
    missingBody: "The address may be mistyped, or the page has moved.",
    home: "Go to the first page",
    stale: "The platform was updated since this tab was opened.",
  },
  states: {
    loading: "Loading",
    retry: "Retry",
    request: "Request",
    unreachable: "The platform does not answer.",
    unreachableHint: "Check that it runs and that this machine reaches it, then try again.",
    unreadable: "The platform's answer could not be read.",
    stale: "What is shown is what was known before.",
    aborted: "Stopped.",
  },
  noAccess: {
    titles: { see: "You may not see this", do: "You may not do this" },
    ask: "Whoever runs the platform can give you a token that may.",
    another: "Use another token",
  },
  copy: { copy: (what: string) => `Copy ${what}`, copied: "Copied", failed: "Copying failed; select it by hand" },
  kinds: { web: "Web", mobile: "Mobile", pos: "POS", erp: "ERP", crm: "CRM", iot: "IoT", social: "Social" },
  consentParts: { email: "e-mail", sms: "SMS", mms: "MMS", whatsapp: "WhatsApp" },
  time: { never: "Never" },
  signIn: {
    title: "Sign in",
    lead: "The console is yours alone: it talks to this platform and nothing else.",
    token: "API token",
    placeholder: "Paste the token",
    where: "Where do I find one?",
    first: "The first start of the platform prints one in its terminal, with a link that signs you in.",
    another: "Another one, on the machine where it runs:",
    command: "npx c360 tokens create console",
    writeKey: "A source's write key is something else: it may only send events.",
    submit: "Sign in",
    empty: "Paste a token first.",
    refused: "This token is not known here. It may have been revoked, or it is a write key.",
    ended: "Your session has ended: the token is no longer accepted. Sign in to go on where you were.",
    linkFailed: "The link's token is not known here. Paste another one.",
  },
  live,
  sources,
  query,
  customers,
  customer,
  corrections,
  household,
  review,
  rules,
  rejects,
  json,
  document,
  plans,
  ops,
} as const;
