import { eventColumnNames } from "../../../platform/src/adapters/embedded/analytics/tables.ts";
import { quoted } from "../../../platform/src/adapters/embedded/analytics/sqlText.ts";
import { maxRecordsPerSegment } from "../../../platform/src/model/position.ts";
import { productCount, visitCount } from "../catalogue.ts";
import { strideFor } from "../popularity.ts";
import { goldenRatio, mixed, mixSteps } from "../seededDraws.ts";
import { maxDelayMs, octaves, octaveSteps, visitorPercent } from "./historyDraws.ts";
import { source } from "./historyEvent.ts";
import { allShares, eventKinds, lineStride, mostLines, tiers, type TemplateName } from "./kinds.ts";
import { eventsPerSegment, segmentsOf, ticksPerEvent, ticksPerMs, type LakePlan } from "./plan.ts";

/** Temporary tables of the making connection, which the events are put together from. */
export const tables = { customers: "temp.made_customers", products: "temp.made_products", visits: "temp.made_visits" };
export const customerColumns = `{i: 'BIGINT', user_id: 'VARCHAR', anonymous_id: 'VARCHAR', email: 'VARCHAR',
  everything: 'VARCHAR', everything_key: 'BIGINT', login: 'VARCHAR', login_key: 'BIGINT', visitor: 'VARCHAR',
  visitor_key: 'BIGINT'}`;

const drawn = ["kind", "octave", "step", "visitor", "product", "visit", "details", "one", "other"] as const;

/** Inserts the events [from, until) into the hot table, as `insertEvents` would insert their records. */
export function insertHistorySql(plan: LakePlan, range: Range): string {
  const whose = (suffix: string): string =>
    `CASE WHEN carries = 2 THEN c.everything${suffix} WHEN is_visitor THEN c.visitor${suffix} ELSE c.login${suffix} END`;
  return `INSERT INTO store.hot (fragment_key, ${eventColumnNames})
    SELECT ${whose("_key")}, position, ${whose("")},
      format('ajs-next-{:08x}{:08x}-{}', one, other, n), ${quoted(source.source)}, ${quoted(source.sourceKind)},
      ${byKind(({ type }) => quoted(type))}, ${byKind(({ event }) => (event === null ? "NULL" : quoted(event)))},
      epoch_ms(occurred), epoch_ms(occurred + details % ${maxDelayMs}), epoch_ms(occurred),
      CASE WHEN is_visitor THEN 'anonymous_id:' || c.anonymous_id ELSE 'user_id:' || c.user_id END,
      ${byKind(({ template }) => filled(template, plan))}::JSON, v.context,
      CASE WHEN is_order THEN total END, CASE WHEN is_order THEN 'GBP' END
    FROM (${detailedSql(plan, range)}) e
    JOIN ${tables.customers} c ON c.i = e.customer
    JOIN ${tables.visits} v ON v.i = e.visit`;
}

interface Range {
  from: number;
  until: number;
}

const orderKind = eventKinds.findIndex(({ event }) => event === "Order Completed");

/** Lines of an order with their products; of the other kinds the first product only. */
function detailedSql(plan: LakePlan, range: Range): string {
  const nths = Array.from({ length: mostLines }, (_, nth) => nth);
  const quantity = (nth: number): string => `(1 + ((details >> ${2 + 2 * nth}) & 3))`;
  const has = (nth: number): string => `details % ${mostLines} >= ${nth}`;
  const total = nths.map((nth) => `CASE WHEN ${has(nth)} THEN p${nth}.price * ${quantity(nth)} ELSE 0 END`).join(" + ");
  const lines = nths
    .map((nth) => {
      const line = `'${nth === 0 ? "" : ","}{"quantity":' || ${quantity(nth)} || ',' || p${nth}.line || '}'`;
      return `CASE WHEN is_order AND ${has(nth)} THEN ${line} ELSE '' END`;
    })
    .join(" || ");
  const joins = nths
    .map((nth) => `JOIN ${tables.products} p${nth} ON p${nth}.i = (e.product + ${nth * lineStride}) % ${productCount}`)
    .join(" ");
  return `SELECT e.*, ${total} AS total, ${lines} AS lines, ${quantity(0)} AS quantity, p0.view, p0.line, p0.category,
      p0.title, p0.url, p0.path
    FROM (${numbersSql(plan, range)}) e ${joins}`;
}

/** Of each event what its draws say. */
function numbersSql(plan: LakePlan, range: Range): string {
  const { customers, events, startMs } = plan;
  const below = (draw: string, most: number): string => `((${draw} * ${most}::UBIGINT) >> 32)::BIGINT`;
  const place = `((1 << octave) * (${octaveSteps} + step) - ${octaveSteps})`;
  const rank = `(${place} * ${customers} // ${octaveSteps * (2 ** octaves - 1)})`;
  const carries = byKind(({ carries: what }) => String(["visit", "login", "everything"].indexOf(what)));
  return `SELECT *, kind = ${orderKind} AS is_order, ${carries} AS carries,
      carries = 0 AND visitor < ${visitorPercent} AS is_visitor,
      ${rank} * ${strideFor(customers)} % ${customers} AS customer,
      ${startMs} + n * ${ticksPerEvent(plan)} // ${ticksPerMs} AS occurred,
      CASE WHEN n = ${events - 1} THEN ${segmentsOf(plan) - 1} * ${maxRecordsPerSegment}
        ELSE n // ${eventsPerSegment} * ${maxRecordsPerSegment} + n % ${eventsPerSegment} END AS position
    FROM (SELECT n, ${kindSql(below("kind", allShares))} AS kind, ${below("octave", octaves)} AS octave,
        ${below("step", octaveSteps)} AS step, ${below("visitor", 100)} AS visitor,
        ${below("product", productCount)} AS product, ${below("visit", visitCount)} AS visit,
        (details >> 8)::BIGINT AS details, one, other
      FROM (${drawsSql(plan.seed, range)}))`;
}

/** `drawsAt(seed, n)`, its first draws by name. */
function drawsSql(seed: number, { from, until }: Range): string {
  const start = `SELECT range AS n, xor(${unsigned(mixed(seed))}, (range::UBIGINT * ${unsigned(goldenRatio)}) & ${mask}) AS state
    FROM range(${from}, ${until})`;
  const states = `SELECT n, xor(state, ${unsigned(mixed(1))}) AS state FROM (${mixing(["state"], start)})`;
  const draws = drawn.map((name, nth) => {
    const step = unsigned(((nth + 1) * goldenRatio) % 2 ** 32);
    return `(state + ${step}) & ${mask} AS ${name}`;
  });
  return mixing(drawn, `SELECT n, ${draws.join(", ")} FROM (${states})`);
}

const mask = unsigned(2 ** 32 - 1);

/** `mixed` of each of these columns, step by step, so that no expression is written out twice. */
function mixing(columns: readonly string[], from: string): string {
  return mixSteps.reduce((inner, { shift, factor }) => {
    const mixedOnce = (name: string): string => {
      const shifted = `xor(${name}, ${name} >> ${shift})`;
      return factor === null ? shifted : `(${shifted} * ${unsigned(factor)}) & ${mask}`;
    };
    return `SELECT * REPLACE (${columns.map((name) => `${mixedOnce(name)} AS ${name}`).join(", ")}) FROM (${inner})`;
  }, from);
}

function unsigned(value: number): string {
  return `${value}::UBIGINT`;
}

function kindSql(draw: string): string {
  let bound = 0;
  const cases = eventKinds.map(({ share }, kind) => `WHEN ${draw} < ${(bound += share)} THEN ${kind}`);
  return `CASE ${cases.join(" ")} END`;
}

function byKind(of: (kind: (typeof eventKinds)[number]) => string): string {
  return `CASE kind ${eventKinds.map((kind, nth) => `WHEN ${nth} THEN ${of(kind)}`).join(" ")} END`;
}

/** A template as text put together. */
function filled(template: string, { seed }: LakePlan): string {
  const values: Readonly<Partial<Record<TemplateName, string>>> = {
    position: "details % 48",
    order: `'${seed}-' || n`,
    // As JSON writes a number of at most two decimals.
    total:
      "(total // 100) || CASE WHEN total % 100 = 0 THEN '' ELSE '.' || rtrim(format('{:02d}', total % 100), '0') END",
    email: "c.email",
    firstName: "split_part(c.email, '.', 1)",
    lastName: "split_part(c.email, '.', 2)",
    tier: `[${tiers.map(quoted).join(",")}][1 + details % ${tiers.length}]`,
  };
  return template
    .split(/\$([a-zA-Z]+)/)
    .map((part, nth) => (nth % 2 === 0 ? quoted(part) : `(${values[part as TemplateName] ?? part})`))
    .join(" || ");
}
