import { procedureIn, router } from "../../trpc/init";
import { MerchantDetail, MerchantQuery, MerchantsPage, MerchantsQuery } from "./contract";
import { readMerchant, readMerchants } from "./queries";

const read = procedureIn("merchants", "read");

export const merchantsRouter = router({
  list: read
    .input(MerchantsQuery)
    .output(MerchantsPage)
    .query(({ ctx, input, signal }) => readMerchants(ctx.services.reader, input, signal)),
  get: read
    .input(MerchantQuery)
    .output(MerchantDetail)
    .query(({ ctx, input, signal }) => readMerchant(ctx.services.reader, ctx.scope, input, signal)),
});
