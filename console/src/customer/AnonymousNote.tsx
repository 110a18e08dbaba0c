import { IconUserQuestion } from "@tabler/icons-react";
import { countText } from "../parts/countText.ts";
import { SourceMark } from "../parts/SourceMark.tsx";
import { words } from "../words/words.ts";
import type { Profile } from "./customerQueries.ts";
import { useSourceMarks } from "./sourceMarks.ts";

const text = words.customer.anonymous;

/** What would tell who this is. */
export function AnonymousNote({ profile: { identifiers = [], sources = [] } }: { profile: Profile }) {
  const markOf = useSourceMarks();
  return (
    <section className="panel customerNote" aria-labelledby="anonymous">
      <IconUserQuestion size={18} aria-hidden />
      <div>
        <h2 id="anonymous">{text.title}</h2>
        <p className="markLine">
          {identifiers.length === 1 ? text.one : text.known(countText(identifiers.length))}
          {sources.map((source) => (
            <SourceMark key={source} {...markOf(source)} />
          ))}
        </p>
        <p>{text.how}</p>
      </div>
    </section>
  );
}
