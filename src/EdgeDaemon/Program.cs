Console.WriteLine("clipfusion");
return 0;
