import { IconAlertTriangle, IconCircleCheck, IconEye } from "@tabler/icons-react";
import { words } from "../words/words.ts";
import type { Operations } from "./opsQueries.ts";

const text = words.ops;
const icons = { trouble: IconAlertTriangle, attention: IconEye };

/** What to do now, the worst first; or that there is nothing. */
export function AdviceList({ advice }: Pick<Operations, "advice">) {
  if (advice.length === 0) {
    return (
      <div className="adviceWell">
        <p className="stateTitle">
          <IconCircleCheck size={20} aria-hidden /> {text.well}
        </p>
        <p className="meta">{text.wellHint}</p>
      </div>
    );
  }
  return (
    <ul className="adviceList">
      {advice.map(({ code, severity, message, hint }) => {
        const Icon = icons[severity];
        return (
          <li key={code} className={severity}>
            <span className="adviceWord">
              <Icon size={16} aria-hidden /> {text.severity[severity]}
            </span>
            <div>
              <p className="adviceMessage">{message}</p>
              <p className="meta">{hint}</p>
            </div>
          </li>
        );
      })}
    </ul>
  );
}
