package dev.zerohop.kubernetes;

import dev.zerohop.Cancellable;
import io.fabric8.kubernetes.api.model.HasMetadata;

/** Where local copies of the API server's objects are followed. */
interface Copies {

    /** Follows a selection until cancelled. Returns at once; what there is comes to the subscriber, on another thread. */
    <T extends HasMetadata> Cancellable follow(Selection<T> what, Reflector.Subscriber<T> subscriber);
}
