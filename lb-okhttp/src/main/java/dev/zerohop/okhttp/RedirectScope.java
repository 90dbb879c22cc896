package dev.zerohop.okhttp;

/** Which redirects of a routed service's answers are followed. */
public enum RedirectScope {
    /** All that the client follows by its own settings, to whatever host. Headers and bodies go along as OkHttp sends them. */
    AS_CLIENT,
    /** Of those, the ones to the very scheme, host and port of the request's URL. Of all others the caller gets the answer, and nothing is sent there. */
    SAME_SERVICE
}
