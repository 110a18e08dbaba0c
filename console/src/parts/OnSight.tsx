import { type ReactNode, useEffect, useRef, useState } from "react";

const marginPixels = 200;

/** Its children once it is nearly in sight, or printed; the room is reserved before. */
export function OnSight({ height, children }: { height: number; children: ReactNode }) {
  const room = useRef<HTMLDivElement>(null);
  const [isSeen, setSeen] = useState(false);
  useEffect(() => {
    if (room.current === null || isSeen) return undefined;
    const see = (): void => setSeen(true);
    const observer = new IntersectionObserver((entries) => entries.some((each) => each.isIntersecting) && see(), {
      rootMargin: `${marginPixels}px`,
    });
    observer.observe(room.current);
    addEventListener("beforeprint", see);
    return () => {
      observer.disconnect();
      removeEventListener("beforeprint", see);
    };
  }, [isSeen]);
  return (
    <div ref={room} style={{ blockSize: height, position: "relative" }}>
      {isSeen && children}
    </div>
  );
}
