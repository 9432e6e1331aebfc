import type { SimulationOptions } from "./options";
import { type Payment, twinOf } from "./payment";
import { hash32, hashText, type Prng } from "./prng";
import { accountOf } from "./statements/accounts";
import type { Merchant, World } from "./world";

/** Of the kinds of breaks this many are for whole payments rather than for lines of a statement. */
const TWIN_SHARE = 0.3;
const TWIN_AFTER_MS = [20_000, 200_000] as const;

/** Gives a few payments a twin, where statements are written for a reconciliation to be measured by. */
export class Twins {
  private readonly seed: number;
  private asked = 0;
  private made = 0;

  constructor(private readonly options: SimulationOptions) {
    this.seed = hashText(`${options.seed}/${options.run}/twins`);
  }

  /** Null for most. Marks the payment as one of the pair; `dueMs` is how long after it the other begins. */
  pair(payment: Payment, nextId: () => string): { readonly payment: Payment; readonly afterMs: number } | null {
    const { statements, breakRate } = this.options;
    if (!statements || payment.type === "CARD" || payment.steps.at(-1)?.status !== "SETTLED") return null;
    // Without names on the statement there would be nothing to take one for the other by.
    if (accountOf(payment.currency).dialect === "free") return null;
    const luck = hash32(this.seed, ++this.asked);
    if (luck >= breakRate * TWIN_SHARE * 2 ** 32) return null;
    const kind = this.made++ % 2 === 0 ? "duplicate_internal" : "ambiguous";
    payment.twin = { kind, pair: payment.id };
    const [from, until] = TWIN_AFTER_MS;
    return { payment: twinOf(payment, nextId(), payment.twin), afterMs: from + (luck % (until - from)) };
  }
}

/** Picks merchants by the world's law, or so that the first one has its share of all records. */
export class MerchantPicker {
  private records = 0;
  private skewed = 0;

  constructor(
    private readonly world: World,
    private readonly skew: number | null,
  ) {}

  /** `records` is how many the payment will have. */
  pick(prng: Prng, records: number): Merchant {
    const picked = this.world.pickMerchant(prng);
    const [first] = this.world.merchants;
    this.records += records;
    if (this.skew === null || first === undefined) return picked;
    const merchant = this.skewed < this.skew * this.records ? first : picked;
    if (merchant === first) this.skewed += records;
    return merchant;
  }

  /** A payment without merchant has so many records. */
  other(records: number): void {
    this.records += records;
  }
}
