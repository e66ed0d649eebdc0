System.Console.WriteLine("oci-run");
