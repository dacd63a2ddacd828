/** Icons, drawn on 16 × 16 with one stroke. Decoration: the word stands beside them, or in the control's label. */
const PATHS = {
  person: "M8 8.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM2.5 14c.6-2.7 2.8-4 5.5-4s4.9 1.3 5.5 4",
  spark: "M8 1.5 9.6 6.4 14.5 8 9.6 9.6 8 14.5 6.4 9.6 1.5 8 6.4 6.400Z",
  braces: "M6 2.500c-2 0-2 1-2 2.500s0 2.5-1.5 3c1.5.5 1.5 1.5 1.5 3s0 2.5 2 2.500M10 2.500c2 0 2 1 2 2.500s0 2.5 1.5 3c-1.5.5-1.5 1.5-1.5 3s0 2.5-2 2.5",
  flag: "M4 14.500v-13M4 2.500h8.500l-2 3 2 3H4",
  copy: "M5.5 5.500v-3h8v8h-3M2.5 5.500h8v8h-8Z",
  close: "m3.5 3.5 9 9M12.5 3.500l-9 9",
  chevron: "m6 3.5 4.5 4.500L6 12.5",
  check: "m2.5 8.5 3.5 3.5 7.5-8",
  plus: "M8 3v10M3 8h10",
  search: "M7 12a5 5 0 1 0 0-10 5 5 0 0 0 0 10ZM10.6 10.6 14 14",
  columns: "M2.5 3h11v10h-11ZM6.2 3v10M9.8 3v10",
  download: "M8 2v8M4.5 6.5 8 10l3.5-3.500M2.5 13.500h11",
  clock: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 4.500V8l2.5 1.5",
  theme: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 2v12",
  undo: "M3 6.500h7a3.5 3.5 0 0 1 0 7H6M6 3.500l-3 3 3 3",
  pencil: "M2.5 13.5 3.5 10l7-7 2.5 2.5-7 7ZM9 4.5 11.5 7",
  trash: "M2.5 4.500h11M6 4.500v-2h4v2M4 4.500l.7 9h6.600l.7-9",
  history: "M2.5 8a5.5 5.5 0 1 0 2-4.200L2.5 5.500M2.5 2.500v3h3M8 5v3.200l2 1.3",
  more: "M3 8h.01M8 8h.01M13 8h.01",
  external: "M6.5 3.500h-4v10h10v-4M9 2.500h4.500V7M13.5 2.5 7.5 8.5",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg
      width="16"
      height="16"
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth={name === "more" ? 2.5 : 1.5}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      style={{ flex: "none" }}
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
