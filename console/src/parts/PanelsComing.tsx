import { Waiting } from "./Panel.tsx";

interface PanelsComingProps {
  /** Classes of the grid, and of its column beside the main panel. */
  grid: string;
  side: string;
  /** Pixels of the contents. */
  main: number;
  sides: readonly number[];
}

/** A page's panels, their contents still to come. */
export function PanelsComing({ grid, side, main, sides }: PanelsComingProps) {
  return (
    <div className={grid}>
      <div className="panel">
        <Waiting height={main} />
      </div>
      <div className={side}>
        {sides.map((height, panel) => (
          <div key={panel} className="panel">
            <Waiting height={height} />
          </div>
        ))}
      </div>
    </div>
  );
}

interface PanelStackComingProps {
  /** Class of the grid or stack. */
  className: string;
  /** Pixels of each one's contents, and its class where it has one. */
  panels: readonly { height: number; place?: string }[];
}

/** Panels one after another, their contents still to come. */
export function PanelStackComing({ className, panels }: PanelStackComingProps) {
  return (
    <div className={className}>
      {panels.map(({ height, place = "" }, panel) => (
        <div key={panel} className={`panel ${place}`}>
          <Waiting height={height} />
        </div>
      ))}
    </div>
  );
}
