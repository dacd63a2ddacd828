import { type ReactNode, useCallback, useEffect, useId, useRef, useState } from "react";

import { buttonLook } from "./Button";
import styles from "./Popover.module.css";

/** A button that opens a panel below itself. Escape and a click elsewhere close it; so does `close`, given to the content. */
export function Popover({
  label,
  look = "plain",
  name,
  children,
}: {
  label: ReactNode;
  look?: "plain" | "quiet" | "primary";
  /** What the button is called when its label is only an icon. */
  name?: string;
  children: (close: () => void) => ReactNode;
}) {
  const id = useId();
  const panel = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const [open, setOpen] = useState(false);
  const close = useCallback(() => panel.current?.hidePopover(), []);
  useEffect(() => {
    const shown = panel.current;
    const toggled = (event: ToggleEvent) => {
      if (event.newState === "open") place(button.current, shown);
      setOpen(event.newState === "open");
    };
    shown?.addEventListener("beforetoggle", toggled);
    return () => shown?.removeEventListener("beforetoggle", toggled);
  }, []);
  useEffect(() => {
    if (!open || !panel.current) return undefined;
    const move = () => place(button.current, panel.current);
    const sized = new ResizeObserver(move); // it is told before it shows, and its content may come later still
    sized.observe(panel.current);
    window.addEventListener("resize", move);
    return () => {
      sized.disconnect();
      window.removeEventListener("resize", move);
    };
  }, [open]);
  return (
    <>
      <button ref={button} type="button" className={buttonLook(look)} popoverTarget={id} aria-expanded={open} aria-label={name} title={name}>
        {label}
      </button>
      <div ref={panel} id={id} popover="auto" className={styles.panel}>
        {open && <Content render={children} close={close} />}
      </div>
    </>
  );
}

function Content({ render, close }: { render: (close: () => void) => ReactNode; close: () => void }) {
  return render(close);
}

/** Below the button and inside of the window; above it when there is more room. */
function place(button: HTMLElement | null, panel: HTMLElement | null): void {
  if (!button || !panel) return;
  const at = button.getBoundingClientRect();
  const below = window.innerHeight - at.bottom;
  const upwards = below < 240 && at.top > below;
  panel.style.top = upwards ? "auto" : `${at.bottom + 4}px`;
  panel.style.bottom = upwards ? `${window.innerHeight - at.top + 4}px` : "auto";
  panel.style.maxHeight = `${(upwards ? at.top : below) - 12}px`;
  panel.style.left = `${Math.max(8, Math.min(at.left, window.innerWidth - panel.offsetWidth - 8))}px`;
}
