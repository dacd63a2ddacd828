import { expect, test } from "vitest";

import { nextOf } from "./account";

const HERE = "https://here.example";
const search = (next: string) => `?${new URLSearchParams({ next }).toString()}`;

test.each(["/p/shop/explore?f=a%3D1#x", "/o/span/0a0b", "/"])("signing in leads back to %s", (place) => {
  expect(nextOf(search(place), HERE)).toBe(place);
});

test.each(["https://evil.example/", "//evil.example", "/\\evil.example", "/x/..//evil.example", "javascript:alert(1)", "/login?next=/login", "http://[", ""])("but not to %s", (place) => {
  expect(nextOf(search(place), HERE)).toBe("/");
});
