import { IconCircleCheck, IconClockPause, IconHelpCircle } from "@tabler/icons-react";
import { countText } from "../parts/countText.ts";
import { Time } from "../parts/Time.tsx";
import { words } from "../words/words.ts";
import type { Consumer } from "./opsQueries.ts";
import { lagText } from "./opsText.ts";

const text = words.ops;
const icons = { following: IconCircleCheck, behind: IconClockPause, unknown: IconHelpCircle };

/** Who works off what was accepted, and how far each is. */
export function ConsumerTable({ consumers }: { consumers: readonly Consumer[] }) {
  const { columns } = text;
  return (
    <table className="plainTable">
      <thead>
        <tr>
          <th scope="col">{columns.what}</th>
          <th scope="col">{columns.state}</th>
          <th scope="col">{columns.lag}</th>
          <th scope="col" className="end">
            {columns.waiting}
          </th>
          <th scope="col">{columns.asOf}</th>
        </tr>
      </thead>
      <tbody>
        {consumers.map((consumer) => (
          <ConsumerRow key={consumer.name} consumer={consumer} />
        ))}
      </tbody>
    </table>
  );
}

function ConsumerRow({ consumer }: { consumer: Consumer }) {
  const { name, state, waiting, asOf } = consumer;
  const Icon = icons[state];
  return (
    <tr>
      <td>
        <div className="namedCell">
          <strong>{text.consumers[name]}</strong>
          <span className="meta">{text.consumerHints[name]}</span>
        </div>
      </td>
      <td>
        <span className={`opsState ${state}`}>
          <Icon size={16} aria-hidden />
          {text.states[state]}
        </span>
      </td>
      <td data-label={text.columns.lag}>{lagText(consumer)}</td>
      <td className="end numbers" data-label={text.columns.waiting}>
        {waiting === null ? text.unknown : countText(waiting)}
      </td>
      <td data-label={text.columns.asOf}>{asOf === null ? text.unknown : <Time at={asOf} />}</td>
    </tr>
  );
}
