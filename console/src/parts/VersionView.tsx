import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import { words } from "../words/words.ts";
import { ChangesTable } from "./ChangesTable.tsx";
import { changesBetween } from "./documentChanges.ts";
import { type JsonDocument, writeDocument } from "./jsonDocument.ts";
import { PageHead } from "./PageHead.tsx";
import { Panel } from "./Panel.tsx";
import { PublishedBy } from "./PublishedBy.tsx";
import { settled } from "./settled.ts";
import "./document.css";

const text = words.document;

/** A version of a document, or of none. */
export interface ShownVersion {
  number: number;
  by: string | null;
  reason: string | null;
  publishedAt: string | null;
  document: JsonDocument | null;
}

interface VersionProps {
  title: string;
  version: ShownVersion;
  /** That holds. */
  current: Pick<ShownVersion, "number" | "document">;
  hasDraft: boolean;
  onTake: (document: JsonDocument) => void;
  /** In place of the document where there is none. */
  none?: ReactNode;
}

/** What an earlier version said, and the way back to it. */
export function VersionView({ title, version, current, hasDraft, onTake, none }: VersionProps) {
  const { number, document } = version;
  const holds = number === current.number;
  const lead = (
    <>
      <PublishedBy version={version} /> {holds && text.versionHolds}
    </>
  );
  const button =
    holds || document === null ? undefined : (
      <Button h="var(--c360-target)" onClick={() => onTake(document)}>
        {text.takeAsDraft}
      </Button>
    );
  return (
    <>
      <PageHead title={title} lead={lead} {...(button === undefined ? {} : { actions: button })} />
      {button !== undefined && hasDraft && <p className="documentNote">{text.replaceDraft}</p>}
      <div className="documentStack">
        {!holds && document !== null && current.document !== null && (
          <Differences before={current.document} after={document} current={current.number} />
        )}
        {document === null ? (
          none
        ) : (
          <Panel title={text.documentTitle} query={settled(document)} height={0}>
            {(shown) => (
              <pre className="documentText" tabIndex={0}>
                {writeDocument(shown)}
              </pre>
            )}
          </Panel>
        )}
      </div>
    </>
  );
}

function Differences({ before, after, current }: { before: JsonDocument; after: JsonDocument; current: number }) {
  return (
    <Panel
      title={text.differsFrom(current)}
      query={settled(changesBetween(before, after))}
      height={0}
      isEmpty={(changes) => changes.length === 0}
      empty={<p className="dimmed">{text.sameAs}</p>}
    >
      {(changes) => <ChangesTable changes={changes} />}
    </Panel>
  );
}
