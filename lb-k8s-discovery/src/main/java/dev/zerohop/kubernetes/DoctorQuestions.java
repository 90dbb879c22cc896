package dev.zerohop.kubernetes;

import static java.util.Objects.requireNonNullElse;

import dev.zerohop.watch.ListWatch;
import dev.zerohop.watch.SourceFailure;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.authorization.v1.SelfSubjectAccessReview;
import io.fabric8.kubernetes.api.model.authorization.v1.SelfSubjectAccessReviewBuilder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The requests of the doctor to an API server, one after another. */
final class DoctorQuestions {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final HttpApiServer server;

    DoctorQuestions(HttpApiServer server) {
        this.server = server;
    }

    /** All objects of a selection, page by page, up to the limit of a client that watches them. */
    <T extends HasMetadata> List<T> list(Selection<T> what) throws SourceFailure, InterruptedException {
        List<T> all = new ArrayList<>();
        long items = 0;
        String from = null;
        do {
            ListWatch.Page<T, String> page = get(server.list(what, from));
            all.addAll(page.values().values());
            // An empty page counts too, so at most 10,000 pages are requested.
            items += Math.max(
                    ObjectTransform.MAX_ITEMS / 10_000,
                    page.values().values().stream()
                            .mapToInt(ObjectTransform::items)
                            .sum());
            if (items > ObjectTransform.MAX_ITEMS) {
                // The same limit as of a client that watches them; it also bounds an endless sequence of pages.
                throw new SourceFailure(
                        SourceFailure.Kind.TOO_MUCH, ObjectTransform.tooMuch(server, what, ObjectTransform.MAX_ITEMS));
            }
            from = page.continueAt();
        } while (from != null);
        return all;
    }

    /** The review of whether this client may do that. */
    static SelfSubjectAccessReview access(Selection<?> what, String verb) {
        return new SelfSubjectAccessReviewBuilder()
                .withNewSpec()
                .withNewResourceAttributes()
                .withGroup(what.kind().group())
                .withResource(what.kind().plural())
                .withNamespace(what.namespace())
                .withName(what.name())
                .withVerb(verb)
                .endResourceAttributes()
                .endSpec()
                .build();
    }

    /** Waits for the answer. */
    <T> T get(CompletableFuture<T> answer) throws SourceFailure, InterruptedException {
        try {
            return answer.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException failed) {
            Throwable cause = failed.getCause();
            throw cause instanceof SourceFailure failure
                    ? failure
                    : KubernetesFailure.unanswered(server.toString(), "answer", requireNonNullElse(cause, failed));
        } catch (TimeoutException late) {
            answer.cancel(true);
            throw new SourceFailure(
                    SourceFailure.Kind.UNREACHABLE,
                    server + " did not answer within " + PATIENCE.toSeconds()
                            + " s; it may be overloaded, or something else listens there");
        }
    }
}
