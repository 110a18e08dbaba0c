import type { TextFault } from "./jsonFaults.ts";
import { useCodeEditor } from "./useCodeEditor.ts";

interface JsonEditorProps {
  label: string;
  /** What it begins with; later changes come from typing only. */
  initialText: string;
  onChange: (text: string) => void;
  faults: readonly TextFault[];
}

/** JSON, with what is wrong in it underlined. Beside it in a `jsonEditor`, whose size it has. */
export function JsonEditor({ label, initialText, onChange, faults }: JsonEditorProps) {
  const { host } = useCodeEditor({ initialText, label, onChange, faults });
  return <div ref={host} className="editorHost" data-testid="json-editor" />;
}
