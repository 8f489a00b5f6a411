// What every page does: theme, menus, toasts kept by the server, and the live connection.
import "./theme.js";
import "./menus.js";
import "./dialogs.js";
