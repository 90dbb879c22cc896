package dev.zerohop.okhttp;

import static java.net.HttpURLConnection.HTTP_INTERNAL_ERROR;
import static java.net.HttpURLConnection.HTTP_UNAVAILABLE;

import dev.zerohop.Outcome;
import okhttp3.Response;

/** What an answer means for the endpoint that gave it. */
final class Answers {
    private static final int TOO_MANY_REQUESTS = 429;

    private Answers() {}

    /** Of its status alone; 503 is overload when the server says when to come back, and else a failure like any other. */
    static Outcome outcome(Response response) {
        int code = response.code();
        if (code == TOO_MANY_REQUESTS || (code == HTTP_UNAVAILABLE && response.header("Retry-After") != null)) {
            return Outcome.OVERLOADED;
        }
        return code >= HTTP_INTERNAL_ERROR ? Outcome.ERROR_RESPONSE : Outcome.SUCCESS;
    }
}
