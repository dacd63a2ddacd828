import type { Role } from "../../api/account";

/** The roles, from the least to the most, with what each may do. */
export const ROLES: Record<Role, { title: string; name: string; says: string }> = {
  VIEWER: { title: "Viewer", name: "a viewer", says: "looks at everything" },
  ANNOTATOR: { title: "Annotator", name: "an annotator", says: "looks and annotates" },
  MEMBER: { title: "Member", name: "a member", says: "also projects, rubrics, sending and deleting traces" },
  ADMIN: { title: "Admin", name: "an admin", says: "everything, users and keys as well" },
};
