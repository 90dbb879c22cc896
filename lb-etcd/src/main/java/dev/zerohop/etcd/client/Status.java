package dev.zerohop.etcd.client;

import dev.zerohop.json.JsonWriter;
import java.time.Instant;
import java.util.List;

/** What a client says of a service for an operator to read: the values that it refuses. */
public final class Status {
    private Status() {}

    /**
     * One value.
     *
     * @param refused the value
     * @param since when this client read it
     */
    record Item(RejectedValue refused, Instant since) {}

    /** As JSON. */
    static String write(ClientId client, List<Item> items) {
        return JsonWriter.object(out -> {
            out.writeStringField("client", client.name());
            out.writeArrayFieldStart("refused");
            for (Item item : items) {
                out.writeStartObject();
                out.writeStringField("key", item.refused().key());
                out.writeNumberField("revision", item.refused().revision());
                out.writeStringField("since", item.since().toString());
                out.writeStringField("reason", item.refused().reason());
                out.writeBooleanField("lastGoodInForce", item.refused().hasGood());
                out.writeEndObject();
            }
            out.writeEndArray();
        });
    }
}
