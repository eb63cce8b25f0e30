package dev.meshctl.cli.demo;

import dev.meshctl.api.proto.admin.CheckAccessRequest;
import dev.meshctl.api.proto.admin.CheckAccessResponse;
import dev.meshctl.sample.HttpAnswer;
import java.util.List;
import java.util.Optional;

/** A policy in east keeps orders, of west, from payments; web may still call. */
final class PolicyDenies implements DemoStep {
    @Override
    public String name() {
        return "policy";
    }

    @Override
    public String title() {
        return "an access policy of east denies orders of west, with a reason";
    }

    @Override
    public List<String> run(DemoWorld world) throws DemoFailure, InterruptedException {
        Await.that("orders may call", DemoWorld.SOON,
                () -> world.get("west/orders/v1", CallAcross.PAYMENTS).status() == 200);
        String orders = world.workload("west/orders/v1").spiffeId();
        world.apply(world.east(), List.of(Resources.deny("no-orders", "payments", orders)));
        HttpAnswer denied = Await.until("orders is denied", DemoWorld.SOON, () -> {
            HttpAnswer each = world.get("west/orders/v1", CallAcross.PAYMENTS);
            return each.status() == 403 ? Optional.of(each) : Optional.empty();
        });
        DemoFailure.unless(denied.body().contains("no-orders"),
                "the answer does not name the policy: " + Answers.shown(denied));
        HttpAnswer allowed = world.get("west/web/v1", CallAcross.PAYMENTS);
        Answers.requireStatus(allowed, 200);
        CheckAccessResponse check = world.control(world.east()).call("cannot check the policy",
                admin -> admin.checkAccess(CheckAccessRequest.newBuilder().setSourceIdentity(orders)
                        .setService("payments").setNamespace("shop").setMethod("GET").setPath("/").setPort(80).build()));
        DemoFailure.unless(!check.getAllowed(), "policy check says that orders may call");
        return List.of(
                "before: orders -> payments 200",
                "after:  orders -> payments " + Answers.shown(denied),
                "web -> payments still 200; policy check agrees: " + check.getReason());
    }
}
