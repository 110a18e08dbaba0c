import type { FragmentId } from "../../model/fragment.ts";
import type { OrderKey, OrderState } from "../../model/order.ts";
import { orderEffectOf, touchesDetail, type OrderEffect } from "../../profiles/index.ts";
import type { FragmentRow } from "../../storage/identityAndProfiles.ts";
import type { PipelineParts } from "../pipeline.ts";
import type { Fresh } from "./deduplicate.ts";

export interface Batch extends Fresh {
  /** As stored; fragments that nobody has seen are missing. */
  fragments: Map<FragmentId, FragmentRow>;
  orders: Map<OrderKey, { state: OrderState; ownerFragment: FragmentId }>;
  effects: OrderEffect[];
}

/** Fetches together what the batch will fold into. */
export async function gather(fresh: Fresh, parts: PipelineParts): Promise<Batch> {
  const ids = new Set<FragmentId>();
  const withDetail = new Set<FragmentId>();
  const effects: OrderEffect[] = [];
  for (const { fragmentId, event, mayHoldConsents } of fresh.events) {
    ids.add(fragmentId);
    if (touchesDetail(event, mayHoldConsents)) withDetail.add(fragmentId);
    const effect = orderEffectOf(event, fragmentId, parts.hash, parts.homeCurrency);
    if (effect !== null) effects.push(effect);
  }
  const fragments = await parts.store.fragments([...ids], withDetail);
  const orders = await parts.store.orders([...new Set(effects.map((effect) => effect.key))]);
  return { ...fresh, fragments, orders, effects };
}
