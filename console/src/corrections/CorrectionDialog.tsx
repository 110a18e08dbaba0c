import { Modal } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../api/client.ts";
import { customerKey, type Profile } from "../customer/customerQueries.ts";
import { displayNameOf } from "../customer/who.ts";
import { ProblemNote } from "../parts/ProblemNote.tsx";
import { useIsPhone } from "../theme/useIsPhone.ts";
import { useFocusGivenBack } from "../parts/useFocusGivenBack.ts";
import { words } from "../words/words.ts";
import type { Asked } from "./asked.ts";
import { FindCustomer } from "./FindCustomer.tsx";
import { SayForm } from "./SayForm.tsx";
import { SplitForm } from "./SplitForm.tsx";
import { surestOf, type Wanted } from "./wanted.ts";
import "./corrections.css";

const text = words.corrections;

interface DialogProps {
  asked: Asked;
  onClose: () => void;
}

/** Whom and what, what it would do and why, and afterwards the way back. */
export function CorrectionDialog({ asked, onClose }: DialogProps) {
  const [step, setStep] = useState<Asked>(asked);
  const isPhone = useIsPhone();
  useFocusGivenBack();
  return (
    <Modal
      opened
      onClose={onClose}
      title={titleOf(step)}
      size={820}
      fullScreen={isPhone}
      closeButtonProps={{ "aria-label": text.close, size: "var(--c360-target)" }}
    >
      <div className="correcting">
        {step.step === "first" && <FindFirst onFound={(profile) => setStep({ step: "find", to: "merge", profile })} />}
        {step.step === "find" && <FindOther key={step.profile.id} asked={step} onSay={setStep} onClose={onClose} />}
        {step.step === "split" && (
          <SplitForm
            profile={step.profile}
            {...(step.identifier === undefined ? {} : { identifier: step.identifier })}
            onSay={(manner, wanted) => setStep({ step: "say", manner, wanted })}
            onCancel={onClose}
          />
        )}
        {step.step === "say" && (
          <SayForm
            manner={step.manner}
            wanted={step.wanted}
            onBack={asked.step === "say" ? null : () => setStep(asked)}
            onClose={onClose}
          />
        )}
      </div>
    </Modal>
  );
}

function titleOf(step: Asked): string {
  if (step.step === "first") return text.titles.merge;
  if (step.step === "find") return text.find[step.to];
  return step.step === "split" ? text.split.title : text.titles[step.manner];
}

interface FindProps {
  asked: Extract<Asked, { step: "find" }>;
  onSay: (asked: Asked) => void;
  onClose: () => void;
}

function FindOther({ asked: { to, profile, onFound }, onSay, onClose }: FindProps) {
  const { open, error } = useOpened((other) => {
    const [a, b] = [surestOf(profile.identifiers ?? []), surestOf(other.identifiers ?? [])];
    if (a === null || b === null) return;
    if (to === "why") {
      onFound?.(b);
      onClose();
      return;
    }
    const wanted: Wanted = { [to]: { a, b } };
    onSay({ step: "say", manner: to, wanted });
  });
  return (
    <>
      <p className="meta">
        {displayNameOf(profile)} <span className="mono">{profile.id}</span>
      </p>
      <FindCustomer label={text.find.label} id={profile.id} onPick={(id) => void open(id)} />
      {error !== null && <ProblemNote error={error} what="see" />}
    </>
  );
}

function FindFirst({ onFound }: { onFound: (profile: Profile) => void }) {
  const { open, error } = useOpened(onFound);
  return (
    <>
      <FindCustomer label={text.find.first} id={null} onPick={(id) => void open(id)} />
      {error !== null && <ProblemNote error={error} what="see" />}
    </>
  );
}

/** The profile of who was picked, as it is now. */
function useOpened(onOpened: (profile: Profile) => void) {
  const queries = useQueryClient();
  const [error, setError] = useState<unknown>(null);
  const open = async (id: string): Promise<void> => {
    setError(null);
    try {
      const queryFn = ({ signal }: { signal: AbortSignal }) =>
        api.get("/api/profiles/id/{id}", { path: { id }, signal });
      onOpened(await queries.fetchQuery({ queryKey: [...customerKey(id), "profile"], queryFn }));
    } catch (failed) {
      setError(failed);
    }
  };
  return { open, error };
}
