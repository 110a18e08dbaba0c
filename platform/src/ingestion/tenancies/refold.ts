import type { AcceptedEvent } from "../../model/event.ts";
import type { FragmentId, FragmentState } from "../../model/fragment.ts";
import { decodeHead } from "../../model/logRecord.ts";
import type { OrderKey } from "../../model/order.ts";
import type { Position } from "../../model/position.ts";
import { emptyFragment, mayHoldConsents, moveReport, orderEffectOf, ownerOf } from "../../profiles/index.ts";
import type { FragmentRow, LeftPart } from "../../storage/identityAndProfiles.ts";
import { foldInto, type Folded, type FoldedFragment } from "../steps/fold.ts";
import type { DeviceCombination, Parts, Rows } from "./combinations.ts";
import { sightingsOf, type Target } from "./targets.ts";

/** Records of one read of the log: each may be a mebibyte. */
const maxReadRecords = 200;

/** What a target is made of: `row` is as stored, with its details, or empty. */
export interface Refolding {
  target: Target;
  combination: DeviceCombination;
  /** The shared device; null where its combination is no device's any more. */
  device: string | null;
}

/** What is changed in place. */
export type Refolded = Pick<Folded, "folded" | "foldedOrders">;

/** Folds the targets: from what is stored where nothing leaves it, else anew from what was put aside and the log. */
export async function foldTargets(
  refoldings: readonly Refolding[],
  rowsNow: Pick<Rows, "homes" | "personOf">,
  folded: Refolded,
  parts: Parts,
): Promise<FoldedFragment[]> {
  const ids = refoldings.flatMap(({ target }) => (target.stored === null ? [] : [target.id]));
  const rows = await parts.store.fragments(ids, new Set(ids));
  const left = await parts.store.leftParts(refoldings.flatMap(({ target }) => (target.isLeft ? [target.id] : [])));
  const begun = ({ id }: Target): Begun => ({ stored: rows.get(id), left: left.get(id) });
  const into = new Map(refoldings.map((each) => [each.target, started(each, begun(each.target), rowsNow)]));
  const orders = movedOrders(folded, parts);
  await foldFromLog(into, orders, parts);
  for (const [{ id, fresh }, fragment] of into) {
    for (const { event, mayHoldConsents: mayHold } of fresh) {
      foldInto(fragment, event, mayHold);
      orders.move(event, id);
    }
  }
  await orders.settle();
  return [...into.values()];
}

interface Begun {
  stored: FragmentRow | undefined;
  left: LeftPart | undefined;
}

function started(
  { target, combination, device }: Refolding,
  { stored, left }: Begun,
  { homes, personOf }: Pick<Rows, "homes" | "personOf">,
): FoldedFragment {
  const { tenant, id, isLeft } = target;
  const { base, identifiers } = combination;
  const person = tenant === null ? homes.ownPersonOf(combination) : personOf(tenant);
  const isAnew = stored === undefined || isLeft;
  const state = isAnew
    ? { ...emptyFragment(id, identifiers), ...(tenant === null ? {} : { tenant }), ...leftOf(left) }
    : stored.state;
  const row: FragmentRow = { state, person };
  if (tenant !== null && device !== null) row.handed = { base, device };
  return {
    row,
    isNew: stored === undefined,
    detailChanged: isLeft,
    firstLowered: false,
    hasNewLogout: false,
    addressBefore: stored?.state.traits["address"],
    sightings: sightingsOf(target),
  };
}

function leftOf(left: LeftPart | undefined): Partial<FragmentState> {
  if (left === undefined) return {};
  const { spans, traits, consents, logouts } = left;
  return { spans, traits, consents, ...(logouts === 0 ? {} : { logouts }) };
}

/** An event that the log holds no more is left out: it was erased, or is in what was put aside. */
async function foldFromLog(
  into: ReadonlyMap<Target, FoldedFragment>,
  orders: MovedOrders,
  { recordsAt, store }: Parts,
): Promise<void> {
  const wanted = new Map<Position, Target>();
  const { from: keptFrom } = await store.kept();
  for (const target of into.keys()) {
    for (const { position } of target.moved) wanted.set(position, target);
    if (target.isLeft) for (const { position } of target.kept) wanted.set(position, target);
  }
  const positions = [...wanted.keys()].filter((at) => at >= keptFrom).sort((one, other) => one - other);
  for (let from = 0; from < positions.length; from += maxReadRecords) {
    const some = positions.slice(from, from + maxReadRecords);
    for (const [position, { payload }] of await recordsAt(some)) {
      const record = decodeHead(payload);
      const target = wanted.get(position);
      const fragment = target === undefined ? undefined : into.get(target);
      if (record.status !== "accepted" || target === undefined || fragment === undefined) continue;
      foldInto(fragment, record, mayHoldConsents(payload));
      orders.move(record, target.id);
    }
  }
}

interface MovedOrders {
  move(event: AcceptedEvent, fragment: FragmentId): void;
  /** Writes to `folded` what the moves make of the orders. */
  settle(): Promise<void>;
}

function movedOrders({ foldedOrders }: Refolded, { store, hash, homeCurrency }: Parts): MovedOrders {
  const moves = new Map<OrderKey, { source: string; messageId: string; fragment: FragmentId }[]>();
  return {
    move: (event, fragment) => {
      const effect = orderEffectOf(event, fragment, hash, homeCurrency);
      if (effect === null) return;
      const { source, messageId } = event;
      const known = moves.get(effect.key);
      if (known === undefined) moves.set(effect.key, [{ source, messageId, fragment }]);
      else known.push({ source, messageId, fragment });
    },
    settle: async () => {
      const stored = await store.orders([...moves.keys()].filter((key) => !foldedOrders.has(key)));
      for (const [key, reports] of moves) {
        const before = stored.get(key);
        const order = foldedOrders.get(key) ?? (before && { ...before, ownedBefore: before.ownerFragment });
        if (order === undefined) continue;
        for (const report of reports) moveReport(order.state, report, report.fragment);
        order.ownerFragment = ownerOf(order.state);
        foldedOrders.set(key, order);
      }
    },
  };
}
