package dev.meshctl.cli.verify;

/**
 * What one check found.
 *
 * @param evidence what was seen, with numbers
 * @param hint the next command or step; empty when there is nothing to do
 */
record Finding(Result result, String evidence, String hint) {
    static Finding pass(String evidence) {
        return new Finding(Result.PASS, evidence, "");
    }

    static Finding warn(String evidence, String hint) {
        return new Finding(Result.WARN, evidence, hint);
    }

    static Finding fail(String evidence, String hint) {
        return new Finding(Result.FAIL, evidence, hint);
    }

    static Finding unknown(String evidence, String hint) {
        return new Finding(Result.UNKNOWN, evidence, hint);
    }

    static Finding skipped(String why) {
        return new Finding(Result.SKIPPED, why, "");
    }
}
