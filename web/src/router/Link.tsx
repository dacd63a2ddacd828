import { type ComponentProps, type MouseEvent, useEffect } from "react";

import { navigate, useLocation } from "./location";
import { partsOf } from "./match";

type Props = Omit<ComponentProps<"a">, "href"> & { to: string };

/** A link to an address of this application: no page is loaded, unless it is opened in another tab. */
export function Link({ to, onClick, children, ...rest }: Props) {
  return (
    <a
      {...rest}
      href={to}
      onClick={(event) => {
        onClick?.(event);
        if (isElsewhere(event)) return;
        event.preventDefault();
        navigate(to, { replace: event.currentTarget.href === window.location.href });
      }}
    >
      {children}
    </a>
  );
}

/** A link that says so when one is at its page, or below it unless `end`. */
export function NavLink({ end = false, ...link }: Props & { end?: boolean }) {
  const { pathname } = useLocation();
  const [parts, own] = [partsOf(pathname), partsOf(link.to)];
  const here = own.every((part, place) => part === parts[place]) && (!end || own.length === parts.length);
  return <Link aria-current={here ? "page" : undefined} {...link} />;
}

/** Goes on to another address, which takes the place of this one. */
export function Navigate({ to }: { to: string }) {
  useEffect(() => navigate(to, { replace: true }), [to]);
  return null;
}

/** The browser's own business: a download, another tab, or a click that something else answered. */
function isElsewhere({ defaultPrevented, button, metaKey, ctrlKey, shiftKey, altKey, currentTarget: { target, download } }: MouseEvent<HTMLAnchorElement>): boolean {
  return defaultPrevented || button !== 0 || metaKey || ctrlKey || shiftKey || altKey || (target !== "" && target !== "_self") || download !== "";
}
