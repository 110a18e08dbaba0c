import { Link } from "react-router";
import { PageHead } from "../parts/PageHead.tsx";
import { Panel } from "../parts/Panel.tsx";
import { SourceMark } from "../parts/SourceMark.tsx";
import { words } from "../words/words.ts";
import { useSources } from "./useSources.ts";

export function SourcesPage() {
  const sources = useSources();
  return (
    <>
      <PageHead title={words.pages.sources} />
      <Panel title={null} label={words.pages.sources} query={sources} height={180}>
        {(items) =>
          items.map(({ id, name, kind }) => (
            <p key={id}>
              <Link to={`/sources/${id}`}>
                <SourceMark kind={kind} label={name} />
              </Link>
            </p>
          ))
        }
      </Panel>
    </>
  );
}
