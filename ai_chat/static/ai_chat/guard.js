// A refusal of the server is said, everything else is a fault of ours.
import { Refused } from "../inbox/server.js";
import { say } from "./say.js";

export function guarded(work, tell = say) {
  return async (...given) => {
    try {
      return await work(...given);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      tell(error.message);
      return undefined;
    }
  };
}
