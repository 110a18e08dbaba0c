import { Button, Modal, NativeSelect, TextInput } from "@mantine/core";
import { type SubmitEvent, useState } from "react";
import { useNavigate } from "react-router";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import { isSourceKind, type SourceKind, sourceKinds } from "../parts/SourceMark.tsx";
import { words } from "../words/words.ts";
import { idFromName, isSourceId } from "./sourceId.ts";
import { useCreateSource } from "./sourceQueries.ts";

const text = words.sources.form;
const kindChoices = sourceKinds.map((value) => ({ value, label: words.kinds[value] }));
const maxNameChars = 200;

/** Asks for a name and a kind; what was made opens with its key. */
export function CreateSource({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      title={words.sources.create}
      closeButtonProps={{ "aria-label": text.close }}
    >
      <CreateForm onClose={onClose} />
    </Modal>
  );
}

function CreateForm({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const create = useCreateSource();
  const [name, setName] = useState("");
  const [kind, setKind] = useState<SourceKind>("web");
  const [ownId, setOwnId] = useState<string | null>(null);
  const [touched, setTouched] = useState({ name: false, id: false });
  const id = ownId ?? idFromName(name);
  const nameError = touched.name && name.trim() === "" ? text.nameMissing : null;
  const idError = touched.id && !isSourceId(id) ? text.idWrong : null;
  const onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    setTouched({ name: true, id: true });
    if (name.trim() === "" || !isSourceId(id)) return;
    create.mutate(
      { id, name: name.trim(), kind },
      { onSuccess: ({ source }) => void navigate(`/sources/${source.id}`) },
    );
  };
  return (
    <form onSubmit={onSubmit} className="formGap" noValidate>
      <TextInput
        label={text.name}
        placeholder={text.namePlaceholder}
        maxLength={maxNameChars}
        value={name}
        error={nameError}
        onChange={(event) => setName(event.currentTarget.value)}
        onBlur={() => setTouched((known) => ({ ...known, name: true }))}
        required
        data-autofocus
      />
      <NativeSelect
        label={text.kind}
        description={text.kindHint}
        data={kindChoices}
        value={kind}
        onChange={(event) => {
          if (isSourceKind(event.currentTarget.value)) setKind(event.currentTarget.value);
        }}
      />
      <TextInput
        label={text.id}
        description={text.idHint}
        value={id}
        error={idError}
        onChange={(event) => setOwnId(event.currentTarget.value)}
        onBlur={() => setTouched((known) => ({ ...known, id: true }))}
        required
      />
      {create.error !== null && <ProblemNote error={create.error} keepsWritten />}
      <div className="formActions">
        <Button variant="default" h="var(--c360-target)" onClick={onClose}>
          {text.cancel}
        </Button>
        <Button type="submit" h="var(--c360-target)" loading={create.isPending}>
          {text.submit}
        </Button>
      </div>
    </form>
  );
}
