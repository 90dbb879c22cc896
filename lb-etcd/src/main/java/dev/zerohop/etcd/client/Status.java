package dev.zerohop.etcd.client;

import dev.zerohop.json.JsonWriter;
import java.time.Instant;
import java.util.List;

/** The values of a service that a client rejects, for an operator to read. */
public final class Status {
    private Status() {}

    /** A value and when this client read it. */
    record Item(RejectedValue value, Instant since) {}

    /** As JSON. */
    static String write(ClientId client, List<Item> items) {
        return JsonWriter.object(out -> {
            out.writeStringField("client", client.name());
            out.writeArrayFieldStart("refused");
            for (Item item : items) {
                out.writeStartObject();
                out.writeStringField("key", item.value().key());
                out.writeNumberField("revision", item.value().revision());
                out.writeStringField("since", item.since().toString());
                out.writeStringField("reason", item.value().reason());
                out.writeBooleanField("lastGoodInForce", item.value().hasGood());
                out.writeEndObject();
            }
            out.writeEndArray();
        });
    }
}
