package dev.meshctl.cli.demo;

import dev.meshctl.sample.HttpAnswer;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** web calls orders, inside one cluster. */
final class CallInsideWest implements DemoStep {
    @Override
    public String name() {
        return "call-inside";
    }

    @Override
    public String title() {
        return "web calls orders inside west, over mTLS";
    }

    @Override
    public List<String> run(DemoWorld world) throws DemoFailure, InterruptedException {
        HttpAnswer answer = Await.until("web gets an answer from orders", DemoWorld.SOON, () -> {
            HttpAnswer each = world.getDirectly("west/web/v1");
            return each.status() == 200 ? Optional.of(each) : Optional.empty();
        });
        JsonNode call = Answers.json(answer).path("calls").path(0);
        String caller = Answers.callerSeen(call.path("answer"));
        String expected = world.workload("west/web/v1").spiffeId();
        DemoFailure.unless(caller.equals(expected), "orders saw the caller \"" + caller + "\" instead of " + expected);
        DemoFailure.unless(call.path("answer").path("service").asString("").equals("orders"), "another service answered");
        return List.of("GET http://orders.shop/ -> %d, served by %s".formatted(
                        call.path("status").asInt(), call.path("served_by").asString("?")),
                "orders saw the caller as " + caller);
    }
}
