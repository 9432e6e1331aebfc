import { type NextRequest, NextResponse } from "next/server";

const SESSION_COOKIES = ["better-auth.session_token", "__Secure-better-auth.session_token"] as const;

/** Sends a visitor without any session cookie to sign in; whether a cookie is good is decided where data is read. */
export function proxy(request: NextRequest): NextResponse {
  const { pathname, search } = request.nextUrl;
  if (!SESSION_COOKIES.some((name) => request.cookies.has(name))) {
    const target = request.nextUrl.clone();
    target.pathname = "/sign-in";
    target.search = pathname === "/" ? "" : `?next=${encodeURIComponent(pathname + search)}`;
    return NextResponse.redirect(target);
  }
  const headers = new Headers(request.headers);
  headers.set("x-concordance-path", pathname + search);
  return NextResponse.next({ request: { headers } });
}

export const config = { matcher: ["/((?!api/|_next/|sign-in|icon|favicon|.*\\.(?:svg|png|ico|txt|webmanifest)$).*)"] };
