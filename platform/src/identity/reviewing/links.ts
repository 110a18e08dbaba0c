import type { BufferRecord } from "../../buffer/eventBuffer.ts";
import { lastLinked, type Link, linkRecordOf, linkSource, pairName, pairOf } from "../../model/correction.ts";
import { fragmentKey } from "../../model/fragment.ts";
import { fragmentIdOf, messageKeyOf, type KeyedHash } from "../../model/keyedHash.ts";
import { encodeRecord } from "../../model/logRecord.ts";
import { Problem } from "../../model/problem.ts";
import { readReason } from "../../model/reason.ts";
import type { Links } from "../../storage/corrections.ts";
import type { StoredLink } from "../../storage/identityAndProfiles.ts";
import type { LinkageRun, OfferedPair } from "../../storage/reviews.ts";
import { standing, type LinkFate } from "./linkFates.ts";

export interface LinkWriterParts {
  links: Links;
  hash: KeyedHash;
  append: (records: readonly BufferRecord[]) => Promise<unknown>;
  /** Resolves when everything that is durable by now is decided. */
  decided: () => Promise<void>;
  /** UTC ms. */
  now: () => number;
  newId: () => string;
}

export interface LinkWriter {
  /** Makes links of pairs; those that somebody took back before are answered, and stay as they are. */
  link(pairs: readonly OfferedPair[], run: LinkageRun): Promise<OfferedPair[]>;
}

/** A link with what became of it. */
export type RecordedLink = StoredLink & LinkFate;

export interface LinkService {
  /** In the order of the log; `next`: where the page after begins. */
  ofRun(
    run: string,
    wanted: { after: number | null; limit: number },
  ): Promise<{ items: RecordedLink[]; next: number | null }>;
  /**
   * Takes back what a run linked, as far as it stands: at most `maxWithdrawnLinks` looked at, from `after` on; `next` is
   * where to go on, null when all are.
   */
  withdrawRun(
    run: string,
    saying: { by: string; reason: string; after: number | null },
  ): Promise<{ withdrawn: number; next: number | null }>;
  /** Problem 404 `link_not_found`, 409 `link_withdrawn`. */
  withdraw(id: string, saying: { by: string; reason: string }): Promise<void>;
}

/** Of one request: it takes a few seconds. */
export const maxWithdrawnLinks = 2_000;
/** Of one question about what became of them. */
const maxFatesAsked = 25;
/** Records of one append: what it decides is waited for, so that events get their turn in between. */
const chunkLinks = 250;

export function linkWriter(parts: LinkWriterParts): LinkWriter {
  return {
    link: async (pairs, run) => {
      if (pairs.length === 0) return [];
      const keys = [...new Set(pairs.flatMap(({ a, b }) => [a.anchor, b.anchor]))];
      const last = lastLinked(await parts.links.of(keys));
      const verdictOf = ({ a, b }: OfferedPair) => last.get(pairName(pairOf(a.anchor, b.anchor)))?.verdict ?? null;
      const fresh = pairs.filter((pair) => verdictOf(pair) === null);
      const reason = `Linkage with model ${run.model ?? 0}.`;
      await say(
        fresh.map((pair): Link => {
          const named = pairOf(pair.a.anchor, pair.b.anchor);
          const at = { id: `l_${parts.newId()}`, receivedAt: parts.now() };
          return { ...at, verdict: "probable", ...named, by: run.id, reason, confidence: pair.probability };
        }),
        parts,
      );
      return pairs.filter((pair) => verdictOf(pair) === "unlinked");
    },
  };
}

export function linkService(
  /** `fates`: `linkFates`, wherever it is done. */
  parts: LinkWriterParts & { fates: (links: readonly StoredLink[]) => Promise<LinkFate[]> },
): LinkService {
  const { links } = parts;
  const takeBack = async (found: readonly StoredLink[], { by, reason }: { by: string; reason: string }) => {
    const given = readReason(reason);
    const said = (await standing(found, links)).map((link): Link => {
      const at = { id: `l_${parts.newId()}`, receivedAt: Math.max(parts.now(), link.receivedAt + 1) };
      return { ...at, verdict: "unlinked", a: link.a, b: link.b, by, reason: given };
    });
    await say(said, parts);
    return said.length;
  };
  return {
    ofRun: async (run, { after, limit }) => {
      const found = await links.ofRun(run, { after: after ?? -1, limit: limit + 1 });
      const page = found.slice(0, limit);
      const items: RecordedLink[] = [];
      for (let from = 0; from < page.length; from += maxFatesAsked) {
        const some = page.slice(from, from + maxFatesAsked);
        const fates = await parts.fates(some);
        items.push(...some.flatMap((link, at) => (fates[at] === undefined ? [] : [{ ...link, ...fates[at] }])));
      }
      return { items, next: found.length > page.length ? (page.at(-1)?.position ?? null) : null };
    },
    withdrawRun: async (run, { after, ...saying }) => {
      let [from, withdrawn] = [after ?? -1, 0];
      for (let looked = 0; looked < maxWithdrawnLinks; looked += chunkLinks) {
        const found = await links.ofRun(run, { after: from, limit: chunkLinks });
        withdrawn += await takeBack(found, saying);
        if (found.length < chunkLinks) return { withdrawn, next: null };
        from = found.at(-1)?.position ?? from;
      }
      return { withdrawn, next: from };
    },
    withdraw: async (id, saying) => {
      const link = await links.byId(id);
      if (link === null || link.verdict !== "probable") {
        throw new Problem(404, "link_not_found", "There is no link of this id.", {
          hint: "List a run's with: GET /api/identity/linkage/runs/{id}/links",
        });
      }
      if ((await takeBack([link], saying)) === 1) return;
      throw new Problem(409, "link_withdrawn", "This link is withdrawn already.");
    },
  };
}

async function say(links: readonly Link[], parts: LinkWriterParts): Promise<void> {
  for (let from = 0; from < links.length; from += chunkLinks) {
    await parts.append(links.slice(from, from + chunkLinks).map((link) => bufferRecord(link, parts.hash)));
    await parts.decided();
  }
}

/** In the log erasure finds it as it finds an event that carried both identifiers. */
function bufferRecord(link: Link, hash: KeyedHash): BufferRecord {
  return {
    fragment: fragmentIdOf(hash, fragmentKey([link.a, link.b], linkSource)),
    message: messageKeyOf(hash, linkSource, link.id),
    payload: encodeRecord(linkRecordOf(link)),
  };
}
