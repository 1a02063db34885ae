import dev.imageferry.simulator.SimulatedLinode;
import dev.imageferry.simulator.SimulatorOptions;

/** Runs a simulated Linode for check.sh: prints its address and its token, and ends with standard input. */
final class RunSimulator {
    private RunSimulator() {}

    public static void main(String[] arguments) throws java.io.IOException {
        try (SimulatedLinode linode = SimulatedLinode.start(SimulatorOptions.forDemo())) {
            System.out.println(linode.uri() + " " + linode.token());
            System.in.transferTo(java.io.OutputStream.nullOutputStream());
        }
    }
}
