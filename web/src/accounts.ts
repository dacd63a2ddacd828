/** The pages of accounts, as one file: most people never open one of them. */
export { AccountPage } from "./features/account/AccountPage";
export { ChoosePasswordPage } from "./features/account/ChoosePasswordPage";
export { KeysPage } from "./features/account/KeysPage";
export { SignInPage } from "./features/account/SignInPage";
export { UsersPage } from "./features/account/UsersPage";
