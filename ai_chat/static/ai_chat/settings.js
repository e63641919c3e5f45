// The chat's settings: personas, and for owners the models of their business.
import { startDialogs } from "./dialogs.js";
import { startEndpoints } from "./endpoints.js";
import { startPersonas } from "./personas.js";
import { startSay } from "./say.js";

startSay();
startDialogs();
startPersonas();
startEndpoints();
