package dev.zerohop.okhttp;

import static java.net.HttpURLConnection.HTTP_INTERNAL_ERROR;
import static java.net.HttpURLConnection.HTTP_NOT_MODIFIED;
import static java.net.HttpURLConnection.HTTP_NO_CONTENT;
import static java.net.HttpURLConnection.HTTP_OK;
import static java.net.HttpURLConnection.HTTP_UNAVAILABLE;

import dev.zerohop.Outcome;
import okhttp3.Response;

/** What an answer means for the endpoint that gave it. */
final class Answers {
    private static final int TOO_MANY_REQUESTS = 429;

    private static final int CONTINUE = 100;
    private static final int SWITCHING_PROTOCOLS = 101;

    private Answers() {}

    /** Whether it changes to a protocol that the request did not ask for, as OkHttp sees it. */
    static boolean upgradeUnasked(Response response) {
        return response.code() == SWITCHING_PROTOCOLS
                && !("upgrade".equalsIgnoreCase(response.request().header("Connection"))
                        && "upgrade".equalsIgnoreCase(response.header("Connection")));
    }

    /** Whether no body may come with it, whatever its headers say; as OkHttp sees it, which takes a status below 100 for one with a body. */
    static boolean withoutBody(Response response) {
        int code = response.code();
        return (code >= CONTINUE && code < HTTP_OK)
                || code == HTTP_NO_CONTENT
                || code == HTTP_NOT_MODIFIED
                || response.request().method().equals("HEAD");
    }

    /** Of its status alone; 503 is overload when the server says when to come back, and else a failure like any other. */
    static Outcome outcome(Response response) {
        int code = response.code();
        if (code == TOO_MANY_REQUESTS || (code == HTTP_UNAVAILABLE && response.header("Retry-After") != null)) {
            return Outcome.OVERLOADED;
        }
        return code >= HTTP_INTERNAL_ERROR ? Outcome.ERROR_RESPONSE : Outcome.SUCCESS;
    }
}
