package dev.zerohop.gateway;

import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;

/** Answers requests that the server itself rejects, such as those with a malformed URI, with one sentence of plain text, like all other errors. */
final class Refusals extends ErrorHandler {

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        int status = response.getStatus();
        Object reason = request.getAttribute(ERROR_MESSAGE);
        ForwardingHandler.answer(
                response, callback, status, "the request is rejected" + (reason == null ? "" : ": " + reason));
        return true;
    }
}
