import { getServices } from "@/server/web/services";

export const dynamic = "force-dynamic";

const handle = async (request: Request): Promise<Response> => (await getServices()).auth.handle(request);

export { handle as GET, handle as POST };
