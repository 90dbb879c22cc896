package dev.zerohop.okhttp;

import java.net.ProtocolException;
import okhttp3.HttpUrl;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/** The redirects and challenges that one call follows, OkHttp's own and those across services. Used by the call's thread only. */
final class FollowUps {
    /** As many as OkHttp follows. */
    private static final int LIMIT = 20;

    private final RedirectCredentials credentials = new RedirectCredentials();
    private @Nullable Redirect redirect;
    private int count;

    /** A redirect that leaves the service: where to, and the answer's own headers. */
    record Redirect(HttpUrl target, Response original) {}

    /** The request that follows is the caller's. */
    void begin() {
        count = 0;
        credentials.begin();
    }

    /** The request that follows may be redirected out of its service. */
    void expectRedirect() {
        redirect = null;
    }

    void redirected(Redirect out) {
        redirect = out;
    }

    /** Where the last answer leads out of its service, if it does. */
    @Nullable
    Redirect redirect() {
        return redirect;
    }

    /** One more was decided on: they are counted together, as plain OkHttp counts them. */
    void add() {
        count++;
    }

    /** @throws ProtocolException if there are more than OkHttp follows */
    void limit() throws ProtocolException {
        if (count > LIMIT) {
            throw new ProtocolException("Too many follow-up requests: " + count);
        }
    }

    RedirectCredentials credentials() {
        return credentials;
    }
}
