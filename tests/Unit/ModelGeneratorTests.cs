using System;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using OciRun.Spec.Generator;
using Xunit;

namespace OciRun.Tests.Unit;

public sealed class ModelGeneratorTests
{
    static string Fixture(string name) => Path.Combine(Repository.Root, "spec-fixtures/generator", name);

    /// <summary>The model of <c>Sample.cs</c> with the attributes of the product.</summary>
    static CSharpCompilation Compile(string model)
    {
        string attributes = File.ReadAllText(Path.Combine(Repository.Root, "src/Spec/ModelAttributes.cs"));
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(':')
            .Where(file => Path.GetFileName(file).StartsWith("System.", StringComparison.Ordinal))
            .Select(file => MetadataReference.CreateFromFile(file));
        var options = new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary,
            nullableContextOptions: NullableContextOptions.Enable);
        return CSharpCompilation.Create("sample", [Parse(attributes), Parse(model)], references, options);
    }

    static SyntaxTree Parse(string text) => CSharpSyntaxTree.ParseText(text);

    static GeneratorDriver Driver() => CSharpGeneratorDriver.Create([new ModelGenerator().AsSourceGenerator()],
        driverOptions: new GeneratorDriverOptions(default, trackIncrementalGeneratorSteps: true));

    [Fact]
    public void A_model_has_the_reader_and_the_writer_beside_it()
    {
        GeneratorDriverRunResult result = Driver().RunGenerators(Compile(File.ReadAllText(Fixture("Sample.cs")))).GetRunResult();
        Assert.Empty(result.Diagnostics);
        string written = result.GeneratedTrees.Single(tree => Path.GetFileName(tree.FilePath) == "Sample.g.cs").ToString();
        if (Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") == "1")
        {
            File.WriteAllText(Fixture("Sample.txt"), written);
        }

        Assert.Equal(File.ReadAllText(Fixture("Sample.txt")), written);
        Assert.Equal(["Part.g.cs", "Sample.g.cs"], result.GeneratedTrees.Select(tree => Path.GetFileName(tree.FilePath)));
    }

    [Fact]
    public void A_change_of_one_class_leaves_the_others_alone()
    {
        string model = File.ReadAllText(Fixture("Sample.cs"));
        CSharpCompilation before = Compile(model);
        SyntaxTree changed = Parse(model.Replace("string Name ", "string Title "));
        CSharpCompilation after = before.ReplaceSyntaxTree(before.SyntaxTrees[1], changed);
        GeneratorDriverRunResult result = Driver().RunGenerators(before).RunGenerators(after).GetRunResult();
        ImmutableArray<IncrementalGeneratorRunStep> outputs = result.Results[0].TrackedOutputSteps.Values.Single();
        Assert.Equal(
            [IncrementalStepRunReason.Cached, IncrementalStepRunReason.Modified],
            outputs.SelectMany(step => step.Outputs).Select(output => output.Reason).Order().Reverse());
    }

    [Fact]
    public void More_members_than_a_word_has_bits_do_not_compile()
    {
        string members = string.Concat(Enumerable.Range(0, 33).Select(i => $"public string? M{i} {{ get; set; }}\n"));
        string model = "namespace OciRun.Spec;\n#nullable enable\n[Model]\npublic partial class Large\n{\n" + members + "}\n";
        GeneratorDriverRunResult result = Driver().RunGenerators(Compile(model)).GetRunResult();
        Assert.Contains("#error Large has more than 32 members", result.GeneratedTrees.Single().ToString());
    }
}
