import { Tabs } from "@mantine/core";
import { CopyButton } from "../parts/CopyId.tsx";
import { words } from "../words/words.ts";
import { useShownKey } from "./shownKeys.ts";
import { type Snippet, snippetsFor } from "./snippets.ts";

const text = words.sources;
const unknownKey = "WRITE_KEY";

/** Code for each SDK, filled with this platform's address and, while it is known, the key. */
export function Snippets({ id, hasSent }: { id: string; hasSent: boolean }) {
  const writeKey = useShownKey(id);
  const title = hasSent ? text.snippetMore : text.snippetTitle;
  const snippets = snippetsFor(location.origin, writeKey ?? unknownKey);
  return (
    <section className="panel snippets" aria-label={title}>
      <div className="panelHead">
        <h2>{title}</h2>
      </div>
      {writeKey === null && <p className="dimmed">{text.snippetNoKey}</p>}
      <Tabs defaultValue="curl" keepMounted={false}>
        <Tabs.List>
          {snippets.map((snippet) => (
            <Tabs.Tab key={snippet.id} value={snippet.id} mih="var(--c360-target)">
              {snippet.label}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {snippets.map((snippet) => (
          <Tabs.Panel key={snippet.id} value={snippet.id}>
            <SnippetCode snippet={snippet} />
          </Tabs.Panel>
        ))}
      </Tabs>
    </section>
  );
}

function SnippetCode({ snippet: { install, code, label } }: { snippet: Snippet }) {
  return (
    <>
      {install !== null && (
        <pre className="snippet wrapped" tabIndex={0} role="region" aria-label={`${label}, install`}>
          {install}
        </pre>
      )}
      <pre
        className={`snippet ${install === null ? "wrapped" : ""}`}
        tabIndex={0}
        role="region"
        aria-label={label}
        data-testid="snippet"
      >
        {code}
      </pre>
      <CopyButton text={code} what={text.snippetCopy} isMain />
    </>
  );
}
