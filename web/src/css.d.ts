import "react";

declare module "react" {
  // Custom properties in `style`, which React passes on and its types do not know.
  interface CSSProperties {
    [property: `--${string}`]: string | number | undefined;
  }
}
