import { Drawer } from "@mantine/core";
import type { ReactNode } from "react";
import { fieldName } from "../customers/matchText.ts";
import { CopyButton, CopyId } from "../parts/CopyId.tsx";
import { moneyText } from "../parts/moneyText.ts";
import { SourceMark } from "../parts/SourceMark.tsx";
import { absoluteTime } from "../parts/timeText.ts";
import { words } from "../words/words.ts";
import { flatFields, moneyOf, titleOf } from "./eventText.ts";
import { useSourceMarks } from "./sourceMarks.ts";
import type { TimelineEvent } from "./timelineRows.ts";

const text = words.customer.event;

/** All that an event said, and where it came from. */
export function EventDrawer({ event, onClose }: { event: TimelineEvent | null; onClose: () => void }) {
  return (
    <Drawer
      opened={event !== null}
      onClose={onClose}
      position="right"
      size={480}
      title={event === null ? "" : titleOf(event)}
      closeButtonProps={{ "aria-label": text.close, size: "var(--c360-target)" }}
    >
      {event !== null && <EventFields event={event} />}
    </Drawer>
  );
}

function EventFields({ event }: { event: TimelineEvent }) {
  const markOf = useSourceMarks();
  const money = moneyOf(event);
  const { identifier } = event;
  return (
    <div className="eventFields">
      {money !== null && <p className="eventMoney numbers">{moneyText(money)}</p>}
      <dl className="fieldList">
        <Field name={text.happened}>{absoluteTime(Date.parse(event.occurredAt))}</Field>
        <Field name={text.received}>{absoluteTime(Date.parse(event.receivedAt))}</Field>
        <Field name={text.source}>
          <SourceMark {...markOf(event.source)} kind={event.sourceKind} />
        </Field>
        <Field name={text.type}>{event.type}</Field>
        <Field name={text.identifier}>
          {identifier === null ? (
            text.guest
          ) : (
            <>
              <span className="dimmed">{fieldName(identifier.type)}</span> <bdi>{identifier.value}</bdi>
            </>
          )}
        </Field>
        <Field name={text.message}>
          <CopyId id={event.messageId} what={text.message.toLowerCase()} />
        </Field>
      </dl>
      <Fields title={event.type === "identify" ? text.traits : text.properties} value={event.properties} />
      <Fields title={text.context} value={event.context} />
      <div>
        <CopyButton text={JSON.stringify(event, null, 2)} what={text.copy} />
      </div>
      <details>
        <summary>{text.json}</summary>
        <pre className="eventJson" tabIndex={0}>
          {JSON.stringify(event, null, 2)}
        </pre>
      </details>
    </div>
  );
}

function Field({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

function Fields({ title, value }: { title: string; value: Record<string, unknown> }) {
  const fields = flatFields(value);
  return (
    <section>
      <h3>{title}</h3>
      {fields.length === 0 ? (
        <p className="dimmed">{text.none}</p>
      ) : (
        <dl className="fieldList">
          {fields.map(([name, shown]) => (
            <Field key={name} name={name}>
              <bdi>{shown}</bdi>
            </Field>
          ))}
        </dl>
      )}
    </section>
  );
}
